import { perSecond, perStep, total } from '../queries.js';
import type { Row } from './row.js';

/** Whether others write to ChromaDB past Tidegate, and how soon that is noticed. */
export const drift: Row = {
  title: 'Drift: writes past Tidegate',
  panels: [
    {
      title: 'Drift by kind',
      description: 'Records of mirrors found to differ from ChromaDB, per step, by kind.',
      unit: 'short',
      width: 8,
      queries: [{ expr: perStep('tidegate_drift_records_total', ['kind']), legend: '{{kind}}' }],
    },
    {
      title: 'Drift repaired',
      description: 'Records of mirrors that differed and were made equal to ChromaDB, per step.',
      unit: 'short',
      width: 4,
      queries: [{ expr: perStep('tidegate_drift_repaired_total', ['instance']), legend: '{{instance}}' }],
    },
    {
      title: 'Drifted mirrors',
      description: 'Mirrors taken out of service for too much drift, and back, per step.',
      unit: 'short',
      width: 4,
      queries: [{ expr: perStep('tidegate_drifted_mirrors_total', ['move']), legend: '{{move}}' }],
    },
    {
      title: 'Oldest comparison against its interval',
      description:
        'Longest time for which a mirror has not been compared with ChromaDB, and the time within which it ' +
        'should be (TIDEGATE_RECONCILE_INTERVAL_MS); above it, the share of ChromaDB that comparisons may ' +
        'take is too small.',
      unit: 's',
      width: 8,
      queries: [
        { expr: total('tidegate_oldest_comparison_seconds', ['instance']), legend: '{{instance}}: oldest' },
        {
          expr: total('tidegate_reconcile_interval_seconds', ['instance']),
          legend: '{{instance}}: interval',
        },
      ],
    },
    {
      title: 'Comparisons',
      description: 'Mirrors compared with their whole collections, per step, by outcome.',
      unit: 'short',
      width: 8,
      queries: [{ expr: perStep('tidegate_reconciles_total', ['outcome']), legend: '{{outcome}}' }],
    },
    {
      title: 'Checks of counts',
      description: 'Checks of count and description of mirrored collections, per second, by outcome.',
      unit: 'ops',
      width: 8,
      queries: [{ expr: perSecond('tidegate_drift_checks_total', ['outcome']), legend: '{{outcome}}' }],
    },
    {
      title: 'Longest not compared',
      description:
        'Time since the mirror of each collection was compared with ChromaDB; the 50 oldest of each ' +
        'instance.',
      unit: 's',
      width: 8,
      queries: [
        { expr: total('tidegate_collection_comparison_seconds', ['collection']), legend: '{{collection}}' },
      ],
    },
  ],
};
