import { perSecond, perStep } from '../queries.js';
import type { Row } from './row.js';

/** Which variants of the feature flags are live. */
export const flags: Row = {
  title: 'Feature flags',
  panels: [
    {
      title: 'Flag evaluations by variant',
      description: 'Evaluations per second by flag and variant: how far a rollout has come.',
      unit: 'ops',
      width: 12,
      stacked: true,
      queries: [
        {
          expr: perSecond('tidegate_flag_evaluations_total', ['flag', 'variant']),
          legend: '{{flag}}: {{variant}}',
        },
      ],
    },
    {
      title: 'Reloads of the flag file',
      description: 'Reloads per step by outcome; refused: the new file was wrong and the old one stays.',
      unit: 'short',
      width: 12,
      queries: [{ expr: perStep('tidegate_flag_reloads_total', ['outcome']), legend: '{{outcome}}' }],
    },
  ],
};
