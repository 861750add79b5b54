import { type Comparison, REPETITIONS } from './comparison.js';
import { type Column, layOutTable } from './table.js';

const COLUMNS: readonly Column[] = [
  { heading: 'query', maxWidth: 34, align: 'left' },
  { heading: 'filter or way', maxWidth: 27, align: 'left' },
  { heading: 'tier', maxWidth: 12, align: 'left' },
  { heading: 'reason', maxWidth: 20, align: 'left' },
  { heading: 'Tidegate ms', maxWidth: 11, align: 'right' },
  { heading: 'ChromaDB ms', maxWidth: 11, align: 'right' },
  { heading: 'same ids', maxWidth: 8, align: 'right' },
  { heading: 'nearest text', maxWidth: 38, align: 'left' },
];

const NOTES = [
  `Times are medians of ${REPETITIONS} requests over loopback, HTTP included; Tidegate runs in this very`,
  'process. "same ids" counts how many of the results are ChromaDB\'s too: both search approximately, so a',
  'far result may differ, and texts at the same distance may change places. The vectors come from the',
  "quickstart's SAMPLE embedder, which knows spelling, not meaning; Tidegate itself embeds nothing.",
].join('\n');

/** The table of the tour and what to know when reading it. */
export function describeComparisons(comparisons: readonly Comparison[]): string {
  return `${layOutTable(COLUMNS, comparisons.map(toRow))}\n\n${NOTES}`;
}

function toRow({ query, tidegate, chroma, tidegateMs, chromaMs }: Comparison): string[] {
  const shared = tidegate.ids.filter((id) => chroma.ids.includes(id)).length;
  return [
    query.text,
    query.note ?? '',
    tidegate.tier,
    tidegate.reason,
    tidegateMs.toFixed(2),
    chromaMs.toFixed(2),
    `${shared}/${chroma.ids.length}`,
    tidegate.nearestText,
  ];
}

/** What the tour failed to show: one sentence for each fault, none when all is well. */
export function findFaults(comparisons: readonly Comparison[]): string[] {
  const tiers = new Set(comparisons.map(({ tidegate }) => tidegate.tier));
  const unseen = ['mirror', 'chroma'].filter((tier) => !tiers.has(tier));
  const disagreeing = comparisons.filter(({ tidegate, chroma }) => tidegate.ids[0] !== chroma.ids[0]);
  const empty = comparisons.filter(({ chroma }) => chroma.ids.length === 0);
  return [
    ...empty.map(
      ({ query }) => `ChromaDB found nothing for "${query.text}", so there was nothing to compare.`,
    ),
    ...unseen.map((tier) => `No query was answered by the tier "${tier}".`),
    ...disagreeing.map(describeDisagreement),
  ];
}

function describeDisagreement({ query, tidegate, chroma }: Comparison): string {
  const [ours = 'nothing'] = tidegate.ids;
  const [theirs = 'nothing'] = chroma.ids;
  return `For "${query.text}" the nearest is ${ours} by Tidegate and ${theirs} by ChromaDB.`;
}
