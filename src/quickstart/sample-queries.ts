/** A query of the tour: what is looked for, within which records, and how it is sent. */
export interface SampleQuery {
  readonly text: string;
  readonly where?: Readonly<Record<string, unknown>>;
  readonly whereDocument?: Readonly<Record<string, unknown>>;
  /** What the table says beside the text. */
  readonly note?: string;
  /** Sent again without any change, to show what a repetition costs. */
  readonly repeated?: boolean;
  /** Sent with the header that makes Tidegate ask ChromaDB. */
  readonly forceChroma?: boolean;
}

/** The order matters: a repeated query repeats an earlier one. */
export const SAMPLE_QUERIES: readonly SampleQuery[] = [
  { text: 'gentle wind blowing from the sea' },
  { text: 'large fish of the Atlantic coast' },
  { text: 'pie or cake with fruit' },
  { text: 'instrument that measures steps' },
  { text: 'long bushy tail', where: { topic: 'animal' }, note: 'topic = animal' },
  {
    text: 'light in the sky',
    where: { $and: [{ topic: 'phenomenon' }, { frequency: { $gte: 0.3 } }] },
    note: 'topic, frequency ≥ 0.3',
  },
  {
    text: 'move fast on foot',
    where: { $and: [{ part_of_speech: 'verb' }, { has_example: true }, { synonyms: { $lte: 4 } }] },
    note: 'verb, example, synonyms ≤ 4',
  },
  { text: 'land near flowing water', whereDocument: { $contains: 'river' }, note: 'contains "river"' },
  { text: 'gentle wind blowing from the sea', repeated: true, note: 'repeated' },
  { text: 'large fish of the Atlantic coast', forceChroma: true, note: 'header: chroma' },
];
