import { perSecond, quantile, total } from '../queries.js';
import type { Row } from './row.js';

/** How much is let in, and what is refused so that the rest stays quick. */
export const load: Row = {
  title: 'Load: limits, queues, shedding',
  panels: [
    {
      title: 'Shed by lane and reason',
      description:
        'Requests refused a second. Full: no room for anybody. Share: its caller or collection has its ' +
        'share. Waited: in vain. Requests, bytes: the bounds of the whole process.',
      unit: 'reqps',
      width: 12,
      stacked: true,
      queries: [
        { expr: perSecond('tidegate_shed_total', ['lane', 'reason']), legend: '{{lane}}: {{reason}}' },
      ],
    },
    {
      title: 'Wait p99 by lane',
      description: 'Time calls waited for a place in a lane, p99 of those that had to.',
      unit: 's',
      width: 12,
      queries: [{ expr: quantile(0.99, 'tidegate_lane_wait_seconds', ['lane']), legend: '{{lane}}' }],
    },
    {
      title: 'Calls under way against the limit',
      description:
        'Calls under way in each lane, and its limit, which falls while ChromaDB is slower than in quiet.',
      unit: 'short',
      width: 12,
      queries: [
        { expr: total('tidegate_lane_running_calls', ['lane']), legend: '{{lane}}: under way' },
        { expr: total('tidegate_lane_limit_calls', ['lane']), legend: '{{lane}}: limit' },
      ],
    },
    {
      title: 'Calls waiting by lane',
      description: 'Calls that wait for a place in a lane.',
      unit: 'short',
      width: 4,
      queries: [{ expr: total('tidegate_lane_waiting_calls', ['lane']), legend: '{{lane}}' }],
    },
    {
      title: 'Requests in flight',
      description: "Requests of ChromaDB's API from their first byte to the last of the answer.",
      unit: 'short',
      width: 4,
      queries: [{ expr: total('tidegate_requests_in_flight', ['instance']), legend: '{{instance}}' }],
    },
    {
      title: 'Request bodies in memory',
      description: 'Memory held by the bodies of requests in flight.',
      unit: 'bytes',
      width: 4,
      queries: [{ expr: total('tidegate_request_bodies_bytes', ['instance']), legend: '{{instance}}' }],
    },
  ],
};
