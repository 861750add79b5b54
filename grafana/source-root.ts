import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The folder of the source tree, found from the compiled file as well as from the source: the nearest one
 * above that has both package.json and this folder's provisioning, which the build never copies.
 */
export function sourceRoot(from = dirname(fileURLToPath(import.meta.url))): string {
  const parent = dirname(from);
  const found = existsSync(join(from, 'package.json')) && existsSync(join(from, 'grafana', 'provisioning'));
  if (found) return from;
  if (parent === from)
    throw new Error('No source tree above this file: nowhere is a package.json with grafana/');
  return sourceRoot(parent);
}
