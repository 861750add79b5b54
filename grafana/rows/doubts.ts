import { perStep, total } from '../queries.js';
import type { Row } from './row.js';

/** Whether the outcome of every write is known. */
export const doubts: Row = {
  title: 'Doubts',
  panels: [
    {
      title: 'Writes in doubt',
      description:
        'Writes of unknown outcome, per step; their collections leave the hot tiers until they settle.',
      unit: 'short',
      width: 6,
      queries: [{ expr: perStep('tidegate_in_doubt_total', ['instance']), legend: '{{instance}}' }],
    },
    {
      title: 'Collections in doubt',
      description: 'Collections that only ChromaDB answers for, as a write has not settled.',
      unit: 'short',
      width: 6,
      queries: [{ expr: total('tidegate_in_doubt_collections', ['instance']), legend: '{{instance}}' }],
    },
    {
      title: 'Longest in doubt',
      description:
        'Time since the oldest write came in doubt that has not settled; rises while ChromaDB is away.',
      unit: 's',
      width: 6,
      queries: [{ expr: total('tidegate_in_doubt_oldest_seconds', ['instance']), legend: '{{instance}}' }],
    },
    {
      title: 'Journal failures',
      description: 'Times the journal of writes could not be used; a restart then fills every mirror anew.',
      unit: 'short',
      width: 6,
      queries: [{ expr: perStep('tidegate_journal_failures_total', ['use']), legend: '{{use}}' }],
    },
  ],
};
