import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { JsonCursor, JsonSyntaxError } from './json-cursor.js';

const cursorOf = (text: string) => new JsonCursor(Buffer.from(text));

function accepts(text: string): boolean {
  const cursor = cursorOf(text);
  try {
    cursor.value();
    cursor.end();
    return true;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return false;
    throw error;
  }
}

describe('JsonCursor', () => {
  it('skips every valid value whole', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom('', ' ', '\n\t'), (text, space) => {
        const cursor = cursorOf(space + text + space);
        expect(cursor.value()).toEqual({ start: space.length, end: Buffer.byteLength(space + text) });
        cursor.end();
      }),
    );
  });

  it.each([
    '',
    '{',
    '[1,]',
    '{"a"}',
    '{"a":}',
    '01',
    '-',
    '1.',
    '.5',
    '1e',
    'nul',
    '"a',
    '"\n"',
    '[1 2]',
    '{} x',
    'NaN',
    '+1',
  ])('refuses %j', (text) => {
    expect(accepts(text)).toBe(false);
  });

  it('refuses nesting that ChromaDB refuses', () => {
    expect(accepts('['.repeat(127) + ']'.repeat(127))).toBe(true);
    expect(accepts('['.repeat(500) + ']'.repeat(500))).toBe(false);
  });

  it('reads numbers to the same float32 as JSON.parse', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.float({ noNaN: true, noDefaultInfinity: true }),
          fc.double({ noNaN: true, noDefaultInfinity: true }),
          fc.integer(),
        ),
        (value) => {
          const text = JSON.stringify(value);
          expect(Math.fround(cursorOf(text).number())).toBe(Math.fround(JSON.parse(text) as number));
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it('refuses half a surrogate pair where a text is read', () => {
    expect(cursorOf('"\\ud83d\\ude00"').string()).toBe('\u{1F600}');
    expect(() => cursorOf('"\\ude00\\ud83d"').string()).toThrow(JsonSyntaxError);
  });

  it('keeps keys apart and decodes their escapes', () => {
    const seen: string[] = [];
    const cursor = cursorOf('{"\\u0069ds":[1],"b":{"c":"\\"}"},"é":null}');
    cursor.object((key) => {
      seen.push(key);
      cursor.value();
    });
    expect(seen).toEqual(['ids', 'b', 'é']);
  });

  it('refuses strings that are not UTF-8', () => {
    const cursor = new JsonCursor(Uint8Array.of(0x22, 0xff, 0x22));
    expect(() => cursor.string()).toThrow(JsonSyntaxError);
  });
});
