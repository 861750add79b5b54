import type { PanelSpec } from '../panels.js';
import { perSecond, quantile, shareBy, total } from '../queries.js';
import type { Row } from './row.js';

const TIME = 'tidegate_answer_duration_seconds';

/** Which tier answers, why it was chosen, and what the answer costs there. */
export const tiers: Row = {
  title: 'Tiers: who answers, and why',
  panels: [
    {
      title: 'Share of reads by tier',
      description: 'Part of all reads that each tier answered; what chroma answers had no faster way.',
      unit: 'percentunit',
      width: 8,
      stacked: true,
      queries: [{ expr: shareBy('tidegate_answers_total', 'tier'), legend: '{{tier}}' }],
    },
    {
      title: 'Reads by reason',
      description: 'Reads per second by the tier that answered and the reason it was chosen.',
      unit: 'ops',
      width: 8,
      stacked: true,
      queries: [
        { expr: perSecond('tidegate_answers_total', ['tier', 'reason']), legend: '{{tier}}: {{reason}}' },
      ],
    },
    {
      title: 'Answers a tier could not give',
      description: 'Reads per second that a tier was asked for and failed; the next tier was tried.',
      unit: 'ops',
      width: 8,
      queries: [
        { expr: perSecond('tidegate_tier_failures_total', ['tier', 'cause']), legend: '{{tier}}: {{cause}}' },
      ],
    },
    byTier('p50', 0.5),
    byTier('p95', 0.95),
    byTier('p99', 0.99),
    {
      title: 'Answer cache: answers',
      description: 'Answers the cache holds. A steady number at a steady size means that it is full.',
      unit: 'short',
      width: 8,
      queries: [{ expr: total('tidegate_answer_cache_entries', ['instance']), legend: '{{instance}}' }],
    },
    {
      title: 'Answer cache: memory',
      description: 'Memory the answer cache holds; its limit is TIDEGATE_ANSWER_CACHE_MB.',
      unit: 'bytes',
      width: 8,
      queries: [{ expr: total('tidegate_answer_cache_bytes', ['instance']), legend: '{{instance}}' }],
    },
    {
      title: 'Shared answers',
      description: 'Reads per second that took the answer another caller was already waiting for, by tier.',
      unit: 'ops',
      width: 8,
      queries: [{ expr: perSecond('tidegate_shared_answers_total', ['tier']), legend: '{{tier}}' }],
    },
  ],
};

function byTier(name: string, q: number): PanelSpec {
  return {
    title: `Latency ${name} by tier`,
    description: `Time a tier took for one answer, ${name}; without the reading and writing of HTTP.`,
    unit: 's',
    width: 8,
    queries: [{ expr: quantile(q, TIME, ['tier']), legend: '{{tier}}' }],
  };
}
