import { describe, expect, it } from '@jest/globals';
import { parseRecordLine, type RawRecord } from './raw-record.js';
import { differingField, isSameValue } from './same-record.js';

function record(members: Readonly<Record<string, string>>): RawRecord {
  const text = { id: '"a"', document: 'null', metadata: 'null', uri: 'null', embedding: '[1.0]', ...members };
  const line = Object.entries(text).map(([key, value]) => `"${key}":${value}`);
  const parsed = parseRecordLine(Buffer.from(`{${line.join(',')}}`));
  if (!parsed) throw new Error('no record');
  return parsed;
}

function isSame(one: string, other: string): boolean {
  return isSameValue(Buffer.from(one), Buffer.from(other));
}

describe('isSameValue', () => {
  it.each([
    ['1', '1'],
    ['1e3', '1000.0'],
    ['"\\u00e9"', '"é"'],
    ['{"a":1,"b":[1.0,"x"]}', '{"b":[1.0,"x"],"a":1}'],
    ['90.33333333333333', '90.33333333333331'],
    ['null', 'null'],
  ])('%s is %s', (one, other) => {
    expect(isSame(one, other)).toBe(true);
  });

  it.each([
    ['1', '1.0'],
    ['9223372036854775807', '9223372036854775806'],
    ['"1"', '1'],
    ['{"a":1}', '{"a":1,"b":2}'],
    ['[1,2]', '[2,1]'],
    ['[1]', '[1,2]'],
    ['null', '0'],
    ['true', 'false'],
    ['1.5', '1.5000000000001'],
  ])('%s is not %s', (one, other) => {
    expect(isSame(one, other)).toBe(false);
  });
});

describe('differingField', () => {
  it.each([
    ['document', { document: '"x"' }],
    ['metadata', { metadata: '{"k":1}' }],
    ['uri', { uri: '""' }],
    ['embedding', { embedding: '[1.0000001]' }],
    ['embedding', { embedding: '[1.0,2.0]' }],
    ['embedding', { embedding: '[null]' }],
  ])('names the %s', (field, members) => {
    expect(differingField(record({}), record(members), false)).toBe(field);
  });

  it('takes other digits of the same float32, and no metadata in either form, for the same', () => {
    const one = record({ embedding: '[0.1]', metadata: 'null' });
    const other = record({ embedding: '[0.10000000149011612]', metadata: '{}' });
    expect(differingField(one, other, false)).toBeUndefined();
  });

  it('allows cosine vectors the last digits, and no more', () => {
    const one = record({ embedding: '[0.2,1.0]' });
    expect(differingField(one, record({ embedding: '[0.20000002,1.0]' }), true)).toBeUndefined();
    expect(differingField(one, record({ embedding: '[0.20000002,1.0]' }), false)).toBe('embedding');
    expect(differingField(one, record({ embedding: '[0.2000002,1.0]' }), true)).toBe('embedding');
  });
});
