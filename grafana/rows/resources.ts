import { perSecond, perStep, select } from '../queries.js';
import type { Row } from './row.js';

/** What the process uses, and what had to be started again. */
export const resources: Row = {
  title: 'Resources',
  panels: [
    {
      title: 'Event loop lag',
      description:
        'Delay of the event loop since the last scrape. A quiet loop reads 10 ms: the step of measuring.',
      unit: 's',
      width: 8,
      queries: [
        { expr: select('nodejs_eventloop_lag_p99_seconds'), legend: '{{instance}} p99' },
        { expr: select('nodejs_eventloop_lag_p50_seconds'), legend: '{{instance}} p50' },
      ],
    },
    {
      title: 'Memory',
      description:
        'Resident memory of the process, mirrors included, and the used part of the JavaScript heap.',
      unit: 'bytes',
      width: 8,
      queries: [
        { expr: select('process_resident_memory_bytes'), legend: '{{instance}} resident' },
        { expr: select('nodejs_heap_size_used_bytes'), legend: '{{instance}} heap' },
      ],
    },
    {
      title: 'CPU',
      description: 'Cores in use; more than one when the mirror worker is busy beside the event loop.',
      unit: 'short',
      width: 8,
      queries: [{ expr: perSecond('process_cpu_seconds_total', ['instance']), legend: '{{instance}}' }],
    },
    {
      title: 'Garbage collection',
      description: 'Part of the time spent in garbage collection, by kind.',
      unit: 'percentunit',
      width: 12,
      queries: [
        {
          expr: perSecond('nodejs_gc_duration_seconds_sum', ['instance', 'kind']),
          legend: '{{instance}} {{kind}}',
        },
      ],
    },
    {
      title: 'Restarts',
      description:
        'Per step: mirror workers replaced after they died, and restarts of the embedded ChromaDB.',
      unit: 'short',
      width: 12,
      queries: [
        { expr: perStep('tidegate_worker_restarts_total', ['instance']), legend: '{{instance}} worker' },
        { expr: perStep('tidegate_store_restarts_total', ['instance']), legend: '{{instance}} store' },
      ],
    },
  ],
};
