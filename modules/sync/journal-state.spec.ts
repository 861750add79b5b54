import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CollectionId } from '../vector/collection-id.js';
import { readEntries, writeEntry, type JournalEntry } from './journal-entry.js';
import { JournalState, MAX_TOUCHED_RECORDS } from './journal-state.js';
import { idOf } from './sync-world.fake.js';

const COLLECTIONS = [idOf(1), idOf(2)] as const;
const MARKS = ['first', 'second'] as const;

const collection = fc.constantFrom(...COLLECTIONS);
const ids = fc.subarray(['a', 'b', 'c', 'line\nbreak']);
const entry: fc.Arbitrary<JournalEntry> = fc.oneof(
  fc.record({
    kind: fc.constant('sent' as const),
    write: fc.nat(6),
    collection: fc.oneof({ weight: 5, arbitrary: collection }, fc.constant(null)),
    ids: fc.oneof({ weight: 5, arbitrary: ids }, fc.constant(null)),
  }),
  fc.record(
    { kind: fc.constant('ended' as const), write: fc.nat(6), doubtedAt: fc.nat() },
    { requiredKeys: ['kind', 'write'] },
  ),
  fc.record({ kind: fc.constant('settled' as const), collection }),
  fc.record({ kind: fc.constant('marked' as const), collection, mark: fc.constantFrom(...MARKS), ids }),
  fc.record({ kind: fc.constant('unmarked' as const), collection, mark: fc.constantFrom(...MARKS) }),
  fc.record(
    { kind: fc.constant('kept' as const), collection, mark: fc.constantFrom(...MARKS) },
    { requiredKeys: ['kind', 'collection'] },
  ),
);

function stateOf(entries: Iterable<JournalEntry>): JournalState {
  const state = new JournalState();
  for (const each of entries) state.apply(each);
  return state;
}

/** All that can be asked of a state. */
function facts(state: JournalState) {
  return [null, ...COLLECTIONS].map((each: CollectionId | null) => ({
    doubt: state.doubtOf(each),
    ...(each && {
      underWay: state.idsUnderWay(each)?.toSorted(),
      marked: state.hasMarks(each),
      touched: MARKS.map((mark) => state.touchedSince(each, mark)?.toSorted()),
    }),
  }));
}

describe('JournalState', () => {
  it('is the same after its own fewest entries were written and read', () => {
    const property = fc.property(fc.array(entry, { maxLength: 40 }), (entries) => {
      const state = stateOf(entries);
      const text = [...state.entries()].map(writeEntry).join('');
      expect(facts(stateOf(readEntries(text) ?? []))).toEqual(facts(state));
    });
    fc.assert(property, { numRuns: 1_000 });
  });

  it('has in doubt what had not ended', () => {
    const state = stateOf([
      { kind: 'sent', write: 1, collection: idOf(1), ids: [] },
      { kind: 'sent', write: 2, collection: idOf(2), ids: [] },
      { kind: 'ended', write: 1 },
    ]);
    state.endAll(7);
    expect([state.doubtOf(idOf(1)), state.doubtOf(idOf(2)), state.doubtOf(null)]).toEqual([
      undefined,
      7,
      undefined,
    ]);
    state.apply({ kind: 'settled', collection: idOf(2) });
    expect(state.doubtOf(idOf(2))).toBeUndefined();
  });

  it('knows what was touched since a mark, with what was under way then', () => {
    const state = stateOf([
      { kind: 'sent', write: 1, collection: idOf(1), ids: ['before'] },
      { kind: 'ended', write: 1 },
      { kind: 'sent', write: 2, collection: idOf(1), ids: ['under way'] },
    ]);
    state.apply({ kind: 'marked', collection: idOf(1), mark: 'm', ids: state.idsUnderWay(idOf(1)) });
    state.apply({ kind: 'sent', write: 3, collection: idOf(1), ids: ['after'] });
    expect(state.touchedSince(idOf(1), 'm')).toEqual(['under way', 'after']);
    expect(state.touchedSince(idOf(1), 'other')).toBeUndefined();
    state.apply({ kind: 'sent', write: 4, collection: null, ids: null });
    expect(state.touchedSince(idOf(1), 'm')).toBeUndefined();
  });

  it('gives a mark up when too much was touched since', () => {
    const state = stateOf([{ kind: 'marked', collection: idOf(1), mark: 'm', ids: [] }]);
    const many = Array.from({ length: MAX_TOUCHED_RECORDS + 1 }, (_, index) => String(index));
    state.apply({ kind: 'sent', write: 1, collection: idOf(1), ids: many });
    expect(state.touchedSince(idOf(1), 'm')).toBeUndefined();
  });
});

describe('readEntries', () => {
  const ENTRIES: JournalEntry[] = [
    { kind: 'opened', boot: 'b' },
    { kind: 'sent', write: 1, collection: idOf(1), ids: ['ä', 'line\nbreak'] },
    { kind: 'closed' },
  ];
  const text = ENTRIES.map(writeEntry).join('');

  it('reads what was written', () => {
    expect(readEntries(text)).toEqual(ENTRIES);
  });

  it('leaves out a last entry that was being written', () => {
    const lastLine = text.lastIndexOf('\n', text.length - 2) + 1;
    for (let end = lastLine; end < text.length; end++)
      expect(readEntries(text.slice(0, end))).toEqual(ENTRIES.slice(0, -1));
  });

  it('refuses a text of which a character is another', () => {
    for (let at = 0; at < text.length; at++) {
      const other = text.slice(0, at) + (text[at] === 'x' ? 'y' : 'x') + text.slice(at + 1);
      const read = readEntries(other);
      // Without its end, the last line is one that was being written.
      if (at === text.length - 1) expect(read).toEqual(ENTRIES.slice(0, -1));
      else expect(read).toBeUndefined();
    }
  });
});
