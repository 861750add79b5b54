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
        'Resident memory of the process, mirrors included; the used part of the JavaScript heap; the bound.',
      unit: 'bytes',
      width: 8,
      queries: [
        { expr: select('process_resident_memory_bytes'), legend: '{{instance}} resident' },
        { expr: select('nodejs_heap_size_used_bytes'), legend: '{{instance}} heap' },
        { expr: select('tidegate_memory_limit_bytes'), legend: '{{instance}} bound' },
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
      title: 'Memory short',
      description: 'Whether resident memory was over its bound for a while: no warm-up starts then.',
      unit: 'short',
      width: 8,
      queries: [{ expr: select('tidegate_memory_short'), legend: '{{instance}}' }],
    },
    {
      title: 'Mirrors given up for memory',
      description: 'Per step: mirrors given up because memory was short, the coldest first.',
      unit: 'short',
      width: 8,
      queries: [
        { expr: perStep('tidegate_memory_shed_mirrors_total', ['instance']), legend: '{{instance}}' },
      ],
    },
    {
      title: 'Memory of mirrors given up',
      description: 'Bytes per second of mirrors that were given up because memory was short.',
      unit: 'Bps',
      width: 8,
      queries: [
        { expr: perSecond('tidegate_memory_shed_bytes_total', ['instance']), legend: '{{instance}}' },
      ],
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
