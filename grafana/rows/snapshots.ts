import { perStep, total } from '../queries.js';
import type { Row } from './row.js';

/** Whether mirrors will be there again quickly after a restart. */
export const snapshots: Row = {
  title: 'Snapshots',
  panels: [
    {
      title: 'Snapshots taken and loaded',
      description: 'By outcome, per step. Outdated: nobody knows what was written since. Refused: damaged.',
      unit: 'short',
      width: 8,
      queries: [
        { expr: perStep('tidegate_snapshots_total', ['use', 'outcome']), legend: '{{use}}: {{outcome}}' },
      ],
    },
    {
      title: 'Age of the oldest snapshot',
      description: 'Of a mirror that is there; one that does not change keeps its snapshot.',
      unit: 's',
      width: 8,
      queries: [{ expr: total('tidegate_snapshot_oldest_seconds', ['instance']), legend: '{{instance}}' }],
    },
    {
      title: 'Size of snapshots',
      description: 'On disk, of the mirrors that are there.',
      unit: 'bytes',
      width: 8,
      queries: [{ expr: total('tidegate_snapshot_bytes', ['instance']), legend: '{{instance}}' }],
    },
  ],
};
