import type { PanelSpec } from '../panels.js';
import { perSecond, quantile, shareMatching } from '../queries.js';
import type { Row } from './row.js';

const TIME = 'tidegate_request_duration_seconds';

/** What callers feel: rate, errors and duration. */
export const requests: Row = {
  title: 'Requests: rate, errors, duration',
  panels: [
    {
      title: 'Requests by route',
      description: 'Requests per second that Tidegate answered, by the name of the route.',
      unit: 'reqps',
      width: 8,
      stacked: true,
      queries: [{ expr: perSecond('tidegate_requests_total', ['route']), legend: '{{route}}' }],
    },
    {
      title: 'Requests by status',
      description: 'Requests per second by HTTP status.',
      unit: 'reqps',
      width: 8,
      stacked: true,
      queries: [{ expr: perSecond('tidegate_requests_total', ['status']), legend: '{{status}}' }],
    },
    {
      title: 'Share of failed requests',
      description:
        'Part of all requests answered 5xx (Tidegate or ChromaDB failed) or 4xx (the caller erred).',
      unit: 'percentunit',
      width: 8,
      queries: [
        { expr: shareMatching('tidegate_requests_total', 'status=~"5.."'), legend: '5xx' },
        { expr: shareMatching('tidegate_requests_total', 'status=~"4.."'), legend: '4xx' },
      ],
    },
    byRoute('p50', 0.5, 'Half of the requests took no longer than this'),
    byRoute('p95', 0.95, 'Nineteen of twenty requests took no longer than this'),
    byRoute('p99', 0.99, 'All but one of a hundred requests took no longer than this'),
  ],
};

function byRoute(name: string, q: number, meaning: string): PanelSpec {
  return {
    title: `Latency ${name} by route`,
    description: `${meaning}, from the first byte in to the last byte out, by route.`,
    unit: 's',
    width: 8,
    queries: [{ expr: quantile(q, TIME, ['route']), legend: '{{route}}' }],
  };
}
