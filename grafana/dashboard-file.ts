import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { overview } from './dashboard.js';
import { sourceRoot } from './source-root.js';

/** Where the generated dashboard is kept. */
export const DASHBOARD_FILE = join(sourceRoot(), 'grafana', 'dashboards', 'tidegate-overview.json');

/** The text of that file, in the repository's own format, so that formatting the tree never changes it. */
export async function dashboardText(): Promise<string> {
  const config = (await resolveConfig(DASHBOARD_FILE)) ?? {};
  return format(JSON.stringify(overview()), { ...config, parser: 'json' });
}
