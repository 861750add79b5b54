import { describe, expect, it } from '@jest/globals';
import { finish } from './finish.js';
import { PLACES_CERTAIN } from './hot-protocol.js';
import { listingOf, mirrorOf, pageOf, record, ROOM } from './mirror-model.fake.js';

const HELD = {
  ...record('a', [1, 0]),
  document: '"text"',
  metadata: '{"n":1,"s":"x","f":1.0}',
  uri: '"file:///u"',
};

function filled() {
  const mirror = mirrorOf('l2', 2, 8);
  const records = [HELD, record('b', [0, 1]), record('c', [1, 1])];
  finish(
    mirror.apply(
      records.map(({ id }) => id),
      [pageOf(records)],
      PLACES_CERTAIN,
      ROOM,
    ),
  );
  return mirror;
}

describe('Mirror.compare', () => {
  it.each([
    ['the same', {}, []],
    ['members of metadata in another order', { metadata: '{"f":1.0,"n":1,"s":"x"}' }, []],
    ['another vector', { vector: [1, 0.5] }, ['vector']],
    ['another document', { document: '"texts"' }, ['document']],
    ['no document', { document: 'null' }, ['document']],
    ['a float for a whole number', { metadata: '{"n":1.0,"s":"x","f":1.0}' }, ['metadata']],
    ['another value as long', { metadata: '{"n":2,"s":"x","f":1.0}' }, ['metadata']],
    ['another key as long', { metadata: '{"m":1,"s":"x","f":1.0}' }, ['metadata']],
    ['values that changed places', { metadata: '{"s":1,"n":"x","f":1.0}' }, ['metadata']],
    ['no metadata', { metadata: 'null' }, ['metadata']],
    ['another URI', { uri: '"file:///v"' }, ['uri']],
    ['all of it', { vector: [2, 2], document: '""', metadata: '{}', uri: 'null' }, 4],
  ] as const)('%s', (_, change, kinds) => {
    const drift = finish(filled().compare(['a'], pageOf([{ ...HELD, ...change }])));
    if (typeof kinds === 'number') expect(drift[0]?.kinds).toHaveLength(kinds);
    else expect(drift).toEqual(kinds.length === 0 ? [] : [{ id: 'a', kinds }]);
  });

  it('tells records that only one of both has, among those that were asked for', () => {
    const page = pageOf([HELD, record('new', [1, 1])]);
    expect(finish(filled().compare(['a', 'b', 'new', 'nowhere'], page))).toEqual([
      { id: 'b', kinds: ['extra'] },
      { id: 'new', kinds: ['missing'] },
    ]);
  });

  it('changes nothing', () => {
    const mirror = filled();
    finish(mirror.compare(['a', 'b'], pageOf([record('a', [3, 3])])));
    expect(finish(mirror.compare(['a'], pageOf([HELD])))).toEqual([]);
    expect(mirror.usage().records).toBe(3);
  });
});

describe('Mirror.locate', () => {
  it('tells where listed records stand, and which are not listed', () => {
    const { places, unlisted } = finish(filled().locate(listingOf(['c', 'x', 'a'])));
    expect([...places]).toEqual([2, -1, 0]);
    expect(unlisted).toEqual(['b']);
  });
});
