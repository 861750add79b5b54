/* eslint-disable @typescript-eslint/no-deprecated --
   The classic format on purpose: it is what Grafana's file provisioning loads without any switch. */
import {
  DashboardBuilder,
  DashboardCursorSync,
  RowBuilder,
  type Dashboard,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { panel } from './panels.js';
import { chroma } from './rows/chroma.js';
import { doubts } from './rows/doubts.js';
import { drift } from './rows/drift.js';
import { flags } from './rows/flags.js';
import { load } from './rows/load.js';
import { mirrors } from './rows/mirrors.js';
import { requests } from './rows/requests.js';
import { resilience } from './rows/resilience.js';
import { resources } from './rows/resources.js';
import type { Row } from './rows/row.js';
import { snapshots } from './rows/snapshots.js';
import { tiers } from './rows/tiers.js';
import { datasourceVariable, instanceVariable, jobVariable } from './variables.js';

/** From what callers feel down to what causes it. */
const ROWS: readonly Row[] = [
  requests,
  tiers,
  mirrors,
  drift,
  doubts,
  snapshots,
  chroma,
  resilience,
  load,
  flags,
  resources,
];

/** Ids of one row lie apart from those of the next, so that a new panel renumbers one row only. */
const IDS_PER_ROW = 100;

/** The dashboard "Tidegate overview". */
export function overview(): Dashboard {
  const builder = new DashboardBuilder('Tidegate overview')
    .uid('tidegate-overview')
    .description('Rate, errors and duration first, then who answers and why, then what it costs.')
    .tags(['tidegate', 'chromadb'])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-30m', to: 'now' })
    .refresh('10s')
    .withVariable(datasourceVariable())
    .withVariable(jobVariable())
    .withVariable(instanceVariable());
  ROWS.forEach((row, index) => {
    addRow(builder, row, (index + 1) * IDS_PER_ROW);
  });
  return builder.build();
}

/** The panels follow their row, not inside it: Grafana nests them only while a row is collapsed. */
function addRow(builder: DashboardBuilder, row: Row, id: number): void {
  builder.withRow(new RowBuilder(row.title).id(id));
  row.panels.forEach((spec, index) => {
    builder.withPanel(panel(spec, id + index + 1));
  });
}
