import { perSecond, perStep, total } from '../queries.js';
import type { Row } from './row.js';

const ofCollection = (metric: string, legend = '{{collection}}') => ({
  expr: total(metric, ['collection']),
  legend,
});

/** Whether the copies in memory are there, fit, and follow the writes. */
export const mirrors: Row = {
  title: 'Mirrors: state, size, freshness',
  panels: [
    {
      title: 'Mirrors by state',
      description: 'Collections by the state of their mirror.',
      unit: 'short',
      width: 8,
      stacked: true,
      queries: [{ expr: total('tidegate_mirrors', ['state']), legend: '{{state}}' }],
    },
    {
      title: 'Records in mirrors',
      description: 'Records held in mirrors.',
      unit: 'short',
      width: 8,
      queries: [{ expr: total('tidegate_mirror_records', ['instance']), legend: '{{instance}}' }],
    },
    {
      title: 'Memory of mirrors against its limit',
      description: 'Memory held by mirrors, and what they may hold together (TIDEGATE_HOT_MEMORY_MB).',
      unit: 'bytes',
      width: 8,
      queries: [
        { expr: total('tidegate_mirror_bytes', ['instance']), legend: '{{instance}}: held' },
        { expr: total('tidegate_hot_memory_limit_bytes', ['instance']), legend: '{{instance}}: limit' },
      ],
    },
    {
      title: 'Largest mirrors',
      description: 'Memory held by the mirror of each collection; the 50 largest of each instance.',
      unit: 'bytes',
      width: 8,
      queries: [ofCollection('tidegate_collection_mirror_bytes')],
    },
    {
      title: 'Placement',
      description:
        'Decisions on which collections are mirrored, per step; many evictions: too little memory.',
      unit: 'short',
      width: 8,
      queries: [{ expr: perStep('tidegate_placements_total', ['decision']), legend: '{{decision}}' }],
    },
    {
      title: 'Pins',
      description: 'Collections that operators have mirrored always, or never.',
      unit: 'short',
      width: 4,
      queries: [{ expr: total('tidegate_pins', ['pin']), legend: '{{pin}}' }],
    },
    {
      title: 'Pin file',
      description: 'Readings and writings of the pin file, per step, by outcome.',
      unit: 'short',
      width: 4,
      queries: [
        {
          expr: perStep('tidegate_pin_file_uses_total', ['use', 'outcome']),
          legend: '{{use}}: {{outcome}}',
        },
      ],
    },
    {
      title: 'Running warm-ups: records',
      description: 'Records that each running warm-up has read, and has to read.',
      unit: 'short',
      width: 6,
      queries: [
        ofCollection('tidegate_warm_up_done_records', '{{collection}}: read'),
        ofCollection('tidegate_warm_up_all_records', '{{collection}}: all'),
      ],
    },
    {
      title: 'Running warm-ups: rate',
      description: 'Records that each running warm-up reads from ChromaDB a second.',
      unit: 'ops',
      width: 6,
      queries: [ofCollection('tidegate_warm_up_records_per_second')],
    },
    {
      title: 'Running warm-ups: time left',
      description: 'Time until each running warm-up has read all records; none while nothing moves.',
      unit: 's',
      width: 6,
      queries: [ofCollection('tidegate_warm_up_left_seconds')],
    },
    {
      title: 'Running warm-ups: memory',
      description: 'Memory held by the mirrors that are being filled.',
      unit: 'bytes',
      width: 6,
      queries: [ofCollection('tidegate_warm_up_bytes')],
    },
    {
      title: 'Warm-ups',
      description: 'Mirrors filled from ChromaDB, by outcome, per step.',
      unit: 'short',
      width: 4,
      queries: [{ expr: perStep('tidegate_warm_ups_total', ['outcome']), legend: '{{outcome}}' }],
    },
    {
      title: 'Warm-up pauses',
      description: 'Times warm-ups waited for a ChromaDB that failed, per step, by the failure.',
      unit: 'short',
      width: 4,
      queries: [{ expr: perStep('tidegate_warm_up_pauses_total', ['cause']), legend: '{{cause}}' }],
    },
    {
      title: 'Read-backs',
      description: 'Touched records read back into a mirror after a write, per second, by outcome.',
      unit: 'ops',
      width: 5,
      queries: [{ expr: perSecond('tidegate_read_backs_total', ['outcome']), legend: '{{outcome}}' }],
    },
    {
      title: 'Inserts followed',
      description:
        'Acknowledged adds and upserts that reached a mirror, per second: reproduced, or read back.',
      unit: 'ops',
      width: 5,
      queries: [{ expr: perSecond('tidegate_insert_reflections_total', ['how']), legend: '{{how}}' }],
    },
    {
      title: 'Writes',
      description: 'Writes passed on to ChromaDB, per second, by kind and outcome.',
      unit: 'ops',
      width: 6,
      queries: [
        { expr: perSecond('tidegate_writes_total', ['kind', 'outcome']), legend: '{{kind}}: {{outcome}}' },
      ],
    },
  ],
};
