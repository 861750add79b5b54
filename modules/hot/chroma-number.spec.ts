import { describe, expect, it } from '@jest/globals';
import { chromaDouble, chromaFloatText } from './chroma-number.js';

describe('chromaDouble', () => {
  it.each(['1', '-2.5', '1e3', '1E-7', '0.1', '123456789012345.0', '0'])(
    'reads %s as everybody does',
    (text) => {
      expect(chromaDouble(text)).toBe(Number(text));
    },
  );

  it('reads more than 15 digits in two steps, each of which is rounded', () => {
    expect(chromaDouble('6.965983520284915e-13')).toBe(6.965983520284916e-13);
    expect(chromaDouble('-9.37496525236614e-57')).toBe(-9.374965252366139e-57);
  });

  it.each(['18446744073709551616', '1e309', '1e-309', '9e308', '1.', '.5', 'x', ''])(
    'does not read %j',
    (text) => {
      expect(chromaDouble(text)).toBeUndefined();
    },
  );
});

/** As ChromaDB 1.x gave them back; `test/insert-parity.spec.ts` asks the one that is installed. */
describe('chromaFloatText', () => {
  it.each([
    ['1e3', '1000.0'],
    ['1e-5', '0.00001'],
    ['1e-6', '1e-6'],
    ['0.00001234', '0.00001234'],
    ['1e15', '1000000000000000.0'],
    ['1e16', '1e+16'],
    ['6.965983520284915e-13', '6.965983520284917e-13'],
    ['9.37496525236614e-57', '9.37496525236614e-57'],
    ['224206042056287460.0', '2.2420604205628742e+17'],
    ['-9.356082189852544e+264', '-9.35608218985254e+264'],
  ])('gives %s back as %s', (text, printed) => {
    expect(chromaFloatText(text)).toBe(printed);
  });

  it.each(['0.0', '-0.0', '1e309', 'null'])('does not foresee %s', (text) => {
    expect(chromaFloatText(text)).toBeUndefined();
  });
});
