import type { PanelSpec } from '../panels.js';
import { perSecond, quantile, shareMatching } from '../queries.js';
import type { Row } from './row.js';

const CALLS = 'tidegate_chroma_requests_total';
const TIME = 'tidegate_chroma_request_duration_seconds';

/** How the ChromaDB behind Tidegate does. */
export const chroma: Row = {
  title: 'ChromaDB: calls, latency',
  panels: [
    {
      title: 'Calls to ChromaDB by outcome',
      description:
        'Calls per second. Refused: answered 4xx. Rejected: the breaker was open. Aborted: the caller left.',
      unit: 'ops',
      width: 8,
      stacked: true,
      queries: [{ expr: perSecond(CALLS, ['outcome']), legend: '{{outcome}}' }],
    },
    {
      title: 'Calls to ChromaDB by kind',
      description: 'Calls per second by what they are for.',
      unit: 'ops',
      width: 8,
      stacked: true,
      queries: [{ expr: perSecond(CALLS, ['kind']), legend: '{{kind}}' }],
    },
    {
      title: 'Share of failed calls to ChromaDB',
      description: 'Part of all calls that failed, ran out of time, or were rejected by an open breaker.',
      unit: 'percentunit',
      width: 8,
      queries: ['failed', 'timeout', 'rejected'].map((outcome) => ({
        expr: shareMatching(CALLS, `outcome="${outcome}"`),
        legend: outcome,
      })),
    },
    byKind('p50', 0.5),
    byKind('p95', 0.95),
    byKind('p99', 0.99),
  ],
};

function byKind(name: string, q: number): PanelSpec {
  return {
    title: `ChromaDB latency ${name} by kind`,
    description: `Time until ChromaDB answered with its headers, ${name}, by kind of call.`,
    unit: 's',
    width: 8,
    queries: [{ expr: quantile(q, TIME, ['kind']), legend: '{{kind}}' }],
  };
}
