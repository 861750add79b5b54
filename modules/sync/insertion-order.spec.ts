import { describe, expect, it } from '@jest/globals';
import { InsertionOrder } from './insertion-order.js';
import { named } from './sync-world.fake.js';

const PAGE_RECORDS = 2;

/** A turn that reads these ids back and, when it inserts, gives them places. */
function turnOf(order: InsertionOrder, ids: readonly string[], inserts = true) {
  const turn = order.begin(ids, ids.length > PAGE_RECORDS);
  const uncertain = order.isUncertain(turn);
  order.open(turn);
  const open = order.ordering();
  if (inserts) order.placed(ids);
  return { uncertain, open };
}

function sendAndAwait(order: InsertionOrder, effect: 'insert' | 'update' | 'remove', ...ids: string[]) {
  const write = order.send(named(effect, ...ids));
  order.await(write);
  return write;
}

describe('InsertionOrder', () => {
  it('is certain about writes that follow each other, in pages too', () => {
    const order = new InsertionOrder();
    for (const ids of [['a'], ['b', 'c', 'd'], ['e']]) {
      const write = sendAndAwait(order, 'insert', ...ids);
      expect(turnOf(order, ids)).toEqual({ uncertain: false, open: ids });
      order.end(write);
    }
  });

  it('is uncertain about a write that was sent before an earlier turn ended', () => {
    const order = new InsertionOrder();
    const slow = order.send(named('insert', 'slow'));
    order.end(sendAndAwait(order, 'insert', 'a'));
    expect(turnOf(order, ['a']).uncertain).toBe(false);
    order.await(slow);
    expect(turnOf(order, ['slow'])).toEqual({ uncertain: true, open: ['a', 'slow'] });
  });

  it('is uncertain about a record of a write under way, whatever it was read back for', () => {
    const order = new InsertionOrder();
    order.send(named('insert', 'x'));
    const quick = sendAndAwait(order, 'insert', 'a');
    turnOf(order, ['a']);
    order.end(quick);
    sendAndAwait(order, 'update', 'x');
    expect(turnOf(order, ['x'])).toEqual({ uncertain: true, open: ['a', 'x'] });
  });

  it('is uncertain about several writes in several pages, and about no fewer', () => {
    const waiting = (writes: readonly (readonly string[])[]) => {
      const order = new InsertionOrder();
      for (const ids of writes) sendAndAwait(order, 'insert', ...ids);
      return turnOf(order, writes.flat()).uncertain;
    };
    expect(waiting([['a', 'b', 'c']])).toBe(false);
    expect(waiting([['a'], ['b']])).toBe(false);
    expect(waiting([['a', 'b'], ['c']])).toBe(true);
  });

  it('is uncertain about pages while another write may insert', () => {
    const order = new InsertionOrder();
    sendAndAwait(order, 'insert', 'a', 'b', 'c');
    order.send(named('update', 'a'));
    const turn = order.begin(['a', 'b', 'c'], true);
    expect(order.isUncertain(turn)).toBe(false);
    order.send(named('insert', 'd'));
    expect(order.isUncertain(turn)).toBe(true);
  });

  it('does not mind turns that placed nothing, and forgets those before the oldest write under way', () => {
    const order = new InsertionOrder();
    const slow = order.send(named('insert', 'slow'));
    sendAndAwait(order, 'insert', 'a');
    turnOf(order, ['a'], false);
    order.await(slow);
    expect(turnOf(order, ['slow']).uncertain).toBe(false);
    order.end(slow);
    sendAndAwait(order, 'insert', 'b');
    expect(turnOf(order, ['b'])).toEqual({ uncertain: true, open: ['slow', 'b'] });
  });

  it('minds writes that ended before their turn', () => {
    const order = new InsertionOrder();
    const slow = order.send(named('insert', 'slow'));
    sendAndAwait(order, 'insert', 'a');
    turnOf(order, ['a']);
    order.await(slow);
    order.end(slow);
    expect(turnOf(order, ['slow']).uncertain).toBe(true);
  });

  it('names at most 5,000 records', () => {
    const ids = (count: number) => Array.from({ length: count }, (_, number) => `r${number}`);
    const order = new InsertionOrder();
    order.send(named('insert', 'slow'));
    expect(turnOf(order, ids(5_000)).open).toHaveLength(5_000);
    expect(turnOf(order, ['r0']).open).toHaveLength(5_000);
    expect(turnOf(order, ['more'])).toEqual({ uncertain: true, open: undefined });
    expect(turnOf(order, ['a'])).toEqual({ uncertain: true, open: undefined });
  });

  it('names any record after one in which the whole collection was listed', () => {
    const order = new InsertionOrder();
    const slow = order.send(named('insert', 'slow'));
    order.placed(undefined);
    order.await(slow);
    expect(turnOf(order, ['slow'])).toEqual({ uncertain: true, open: undefined });
  });

  it('asks for an open order once writes pause, for all that came open since', () => {
    const order = new InsertionOrder();
    const [slow, slower] = [order.send(named('insert', 'slow')), order.send(named('insert', 'slower'))];
    const quick = sendAndAwait(order, 'insert', 'a');
    turnOf(order, ['a']);
    order.end(quick);
    expect([order.isOpen, order.isDue()]).toEqual([false, false]);
    order.await(slow);
    const turn = order.begin(['slow'], false);
    order.open(turn);
    order.placed(['slow']);
    expect([order.isOpen, order.isDue(turn.writes)]).toEqual([true, false]);
    order.end(slow);
    order.await(slower);
    const last = order.begin(['slower'], false);
    order.open(last);
    order.placed(['slower']);
    expect(order.isDue(last.writes)).toBe(true);
    order.end(slower);
    expect(order.isDue()).toBe(true);
    expect([order.ordering(), order.isOpen]).toEqual([['a', 'slow', 'slower'], false]);
  });

  it('begins anew with another mirror, but for the writes under way', () => {
    const order = new InsertionOrder();
    const slow = order.send(named('insert', 'slow'));
    sendAndAwait(order, 'insert', 'a');
    turnOf(order, ['a']);
    sendAndAwait(order, 'insert', 'b');
    order.forget();
    order.await(slow);
    expect(turnOf(order, ['slow']).uncertain).toBe(false);
    sendAndAwait(order, 'insert', 'c');
    expect(turnOf(order, ['c'])).toEqual({ uncertain: true, open: ['slow', 'c'] });
  });
});
