import { describe, expect, it } from '@jest/globals';
import { defaultFlagDocument, faultsOf, FLAG_NAMES } from './flag-document.js';

const FLAG = { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'off' };

const withFlag = (flag: unknown) => ({ flags: { ...defaultFlagDocument().flags, 'mirror-reads': flag } });
const withTargeting = (targeting: unknown) => withFlag({ ...FLAG, targeting });

describe('faultsOf', () => {
  it('finds none in the document of a first start, which has every flag', () => {
    expect(faultsOf(defaultFlagDocument())).toEqual([]);
    expect(Object.keys(defaultFlagDocument().flags)).toEqual([...FLAG_NAMES]);
  });

  it.each([
    FLAG,
    { ...FLAG, state: 'DISABLED' },
    { ...FLAG, defaultVariant: 'on', metadata: { owner: 'x' } },
    { ...FLAG, targeting: {} },
    {
      ...FLAG,
      targeting: {
        fractional: [
          ['on', 25],
          ['off', 75],
        ],
      },
    },
    { ...FLAG, targeting: { fractional: [{ var: 'targetingKey' }, ['on', 25], ['off', 75]] } },
    { ...FLAG, targeting: { if: [{ '==': [{ var: 'targetingKey' }, 'a'] }, 'on', 'off'] } },
  ])('finds none in the flag %j', (flag) => {
    expect(faultsOf(withFlag(flag))).toEqual([]);
  });

  it.each([undefined, null, 1, 'x', [], {}, { flags: null }, { flags: [] }])(
    'refuses the document %j',
    (document) => {
      expect(faultsOf(document)).toEqual(['the document needs an object "flags"']);
    },
  );

  it.each([
    [undefined, 'is missing'],
    [true, 'is missing'],
    [{ ...FLAG, state: undefined }, 'needs the state'],
    [{ ...FLAG, state: 'enabled' }, 'needs the state'],
    [{ ...FLAG, variants: undefined }, 'needs the variants'],
    [{ ...FLAG, variants: { on: true } }, 'needs the variants'],
    [{ ...FLAG, variants: { on: false, off: true } }, 'needs the variants'],
    [{ ...FLAG, variants: { on: 'true', off: 'false' } }, 'needs the variants'],
    [{ ...FLAG, variants: { on: true, off: false, maybe: true } }, 'needs the variants'],
    [{ ...FLAG, defaultVariant: 'maybe' }, 'needs the defaultVariant'],
    [{ ...FLAG, defaultVariant: undefined }, 'needs the defaultVariant'],
  ])('refuses the flag %j, naming it: it %s', (flag, fault) => {
    const [found, ...others] = faultsOf(withFlag(flag));
    expect(found).toContain(`"mirror-reads" ${fault}`);
    expect(others).toEqual([]);
  });

  it.each([
    {
      fractional: [
        ['on', 25],
        ['red', 75],
      ],
    },
    { fractional: [{ var: 'targetingKey' }, ['red', 100]] },
    { if: [{ var: 'x' }, { fractional: [['red', 100]] }, 'off'] },
  ])('refuses a share for a variant that there is not: %j', (targeting) => {
    expect(faultsOf(withTargeting(targeting))).toEqual([
      '"mirror-reads" gives a share to "red", which is neither "on" nor "off"',
    ]);
  });

  it('tells every fault at once', () => {
    const document = { flags: { 'mirror-reads': { ...FLAG, state: 'x', defaultVariant: 'y' }, other: FLAG } };
    const faults = faultsOf(document);
    expect(faults).toHaveLength(4);
    expect(faults[0]).toContain('"other" is no flag of Tidegate');
    expect(faults.at(-1)).toBe('"answer-cache-reads" is missing');
  });
});
