import { perSecond, perStep, total } from '../queries.js';
import type { Row } from './row.js';

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
      queries: [
        { expr: total('tidegate_collection_mirror_bytes', ['collection']), legend: '{{collection}}' },
      ],
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
      title: 'Warm-ups',
      description: 'Mirrors filled from ChromaDB, by outcome, per step.',
      unit: 'short',
      width: 4,
      queries: [{ expr: perStep('tidegate_warm_ups_total', ['outcome']), legend: '{{outcome}}' }],
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
      width: 5,
      queries: [
        { expr: perSecond('tidegate_writes_total', ['kind', 'outcome']), legend: '{{kind}}: {{outcome}}' },
      ],
    },
    {
      title: 'Writes in doubt',
      description: 'Writes of unknown outcome, per step; their collections leave the hot tiers for a while.',
      unit: 'short',
      width: 5,
      queries: [{ expr: perStep('tidegate_in_doubt_total', ['instance']), legend: '{{instance}}' }],
    },
  ],
};
