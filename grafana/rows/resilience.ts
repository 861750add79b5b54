import { perSecond, perStep, select } from '../queries.js';
import type { Row } from './row.js';

const BREAKER_STATES = [
  { value: 0, text: 'closed', color: 'green' },
  { value: 1, text: 'half-open', color: 'yellow' },
  { value: 2, text: 'open', color: 'red' },
];

/** What keeps one failure from becoming another: breakers, deadlines, retries. */
export const resilience: Row = {
  title: 'Resilience: breakers, deadlines, retries',
  panels: [
    {
      title: 'State of the breakers',
      description: 'Open: calls are refused at once. Half-open: a few calls probe whether all is well again.',
      unit: 'none',
      width: 12,
      states: BREAKER_STATES,
      queries: [
        {
          expr: `max by (instance, breaker) (${select('tidegate_breaker_state')})`,
          legend: '{{instance}} {{breaker}}',
        },
      ],
    },
    {
      title: 'Transitions of the breakers',
      description: 'Times a breaker entered a state, per step.',
      unit: 'short',
      width: 12,
      queries: [
        {
          expr: perStep('tidegate_breaker_transitions_total', ['breaker', 'to']),
          legend: '{{breaker}} to {{to}}',
        },
      ],
    },
    {
      title: 'Heartbeats asked, and panics',
      description:
        'Heartbeats while a breaker of ChromaDB is not closed; reads asked of a tier past its open breaker.',
      unit: 'ops',
      width: 8,
      queries: [
        { expr: perSecond('tidegate_chroma_probes_total', ['outcome']), legend: 'heartbeat {{outcome}}' },
        { expr: perSecond('tidegate_breaker_panics_total', ['tier']), legend: 'panic: {{tier}}' },
      ],
    },
    {
      title: 'Requests whose time was over',
      description: 'Per second, by route; reading: the caller had not sent it all.',
      unit: 'ops',
      width: 8,
      queries: [
        {
          expr: perSecond('tidegate_deadlines_exceeded_total', ['route', 'stage']),
          legend: '{{route}} {{stage}}',
        },
      ],
    },
    {
      title: 'Retries of reads',
      description: 'Per second: mended, failed again, or not made as the budget or the time was used up.',
      unit: 'ops',
      width: 8,
      stacked: true,
      queries: [{ expr: perSecond('tidegate_retries_total', ['outcome']), legend: '{{outcome}}' }],
    },
    {
      title: 'Work that nobody waited for',
      description: 'Searches per second that the mirror worker dropped before it began them.',
      unit: 'ops',
      width: 12,
      queries: [{ expr: perSecond('tidegate_dropped_searches_total', []), legend: 'dropped searches' }],
    },
    {
      title: 'Connections refused',
      description: 'Connections of callers per second that were closed at once, as there were too many.',
      unit: 'ops',
      width: 12,
      queries: [{ expr: perSecond('tidegate_refused_connections_total', []), legend: 'refused' }],
    },
  ],
};
