import { describe, expect, it } from '@jest/globals';
import { Metrics } from './metrics.service.js';
import { Tally } from './tally.js';

describe('Tally', () => {
  it('hands on each count once', () => {
    const tally = new Tally();
    for (const status of [200, 200, 404]) tally.add('query', status);
    tally.add('get', 200);
    const received: unknown[] = [];
    tally.drain((...count) => received.push(count));
    expect(received).toEqual([
      ['query', 200, 2],
      ['query', 404, 1],
      ['get', 200, 1],
    ]);
    tally.drain(() => {
      throw new Error('there was nothing left');
    });
  });

  it('is exposed as a counter that goes on from reading to reading', async () => {
    const metrics = new Metrics();
    const line = async () => /^tidegate_answers_total\{.*$/m.exec((await metrics.expose()).text)?.[0];
    expect(await line()).toBeUndefined();
    metrics.answer('mirror', 'warm', 0.001);
    expect(await line()).toBe('tidegate_answers_total{tier="mirror",reason="warm"} 1');
    expect(await line()).toBe('tidegate_answers_total{tier="mirror",reason="warm"} 1');
    for (let n = 0; n < 2; n++) metrics.answer('mirror', 'warm', 0.001);
    expect(await line()).toBe('tidegate_answers_total{tier="mirror",reason="warm"} 3');
  });
});
