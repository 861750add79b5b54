#!/bin/sh
# promtool checks the alert rules. It is taken from the PATH, or out of Debian's package, without installing the server.
set -eu
here="$(cd "$(dirname "$0")/.." && pwd)/.runtime/promtool"
if command -v promtool >/dev/null 2>&1 || [ -x "$here/usr/bin/promtool" ]; then exit 0; fi
if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg-deb >/dev/null 2>&1; then
  echo "promtool is missing, and this is no Debian: install Prometheus's promtool into the PATH" >&2
  exit 1
fi
mkdir -p "$here"
cd "$here"
if ! apt-get download -qq prometheus >/dev/null 2>&1; then
  apt-get update -qq
  apt-get download -qq prometheus
fi
dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x ./usr/bin/promtool
rm prometheus_*.deb
