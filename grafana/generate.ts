import { writeFileSync } from 'node:fs';
import { DASHBOARD_FILE, dashboardText } from './dashboard-file.js';

/** Writes the dashboard that Grafana loads; run it after a change and commit what it wrote. */
writeFileSync(DASHBOARD_FILE, await dashboardText());
process.stdout.write(`${DASHBOARD_FILE}\n`);
