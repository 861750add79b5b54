import { describe, expect, it } from '@jest/globals';
import { callerWish } from './caller-wish.js';

describe('callerWish', () => {
  it.each([
    [undefined, undefined, { forced: false, maxStalenessMs: undefined }],
    ['chroma', undefined, { forced: true, maxStalenessMs: undefined }],
    [undefined, '0', { forced: false, maxStalenessMs: 0 }],
    [undefined, '60000', { forced: false, maxStalenessMs: 60_000 }],
    ['chroma', '007', { forced: true, maxStalenessMs: 7 }],
  ])('reads tier %p and staleness %p', (tier, maxStaleness, wish) => {
    expect(callerWish(tier, maxStaleness)).toEqual(wish);
  });

  it.each(['', '-1', '1.5', '1e3', ' 5', '5 s', 'soon', 'Infinity', '1'.repeat(16)])(
    'refuses the staleness %j and says what is allowed',
    (maxStaleness) => {
      expect(() => callerWish(undefined, maxStaleness)).toThrow(
        expect.objectContaining({
          code: 'bad-request',
          message: `x-tidegate-max-staleness is ${JSON.stringify(maxStaleness)}`,
          remedy: expect.stringContaining('whole number of milliseconds'),
        }),
      );
    },
  );

  it.each(['', 'mirror', 'Chroma'])('refuses the tier %j and says what is allowed', (tier) => {
    expect(() => callerWish(tier, undefined)).toThrow(
      expect.objectContaining({ code: 'bad-request', remedy: expect.stringContaining('"chroma"') }),
    );
  });
});
