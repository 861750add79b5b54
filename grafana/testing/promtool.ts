import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { sourceRoot } from '../source-root.js';

const PROMETHEUS = join(sourceRoot(), 'grafana', 'prometheus');
/** Where `npm run setup:promtool` puts it when the PATH has none. */
const UNPACKED = join(sourceRoot(), '.runtime', 'promtool', 'usr', 'bin', 'promtool');

/** YAML files of a folder of `grafana/prometheus`, with their whole paths. */
export function prometheusFiles(folder: 'rules' | 'tests'): string[] {
  return readdirSync(join(PROMETHEUS, folder)).map((name) => join(PROMETHEUS, folder, name));
}

/** What Prometheus's own tool says of files; empty when it is content. */
export function promtoolFaults(...args: readonly string[]): string {
  const tool = existsSync(UNPACKED) ? UNPACKED : 'promtool';
  const { status, stdout, stderr, error } = spawnSync(tool, args, { encoding: 'utf8', timeout: 170_000 });
  if (error) return `promtool cannot be run (${error.message}); "npm run setup:promtool" brings it`;
  return status === 0 ? '' : stdout + stderr;
}
