import { describe, expect, it } from '@jest/globals';
import { passedHeaders } from './header-passing.js';

describe('passedHeaders', () => {
  it('keeps names, values and order as they came, repeated ones too', () => {
    const headers = ['X-B', '1', 'x-b', '2', 'Content-Type', 'application/JSON', 'Empty', ''];
    expect(passedHeaders(headers)).toEqual(headers);
  });

  it.each([
    'Connection',
    'KEEP-ALIVE',
    'Proxy-Connection',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
    'Host',
    'Expect',
    'X-Tidegate-Tier',
    'x-tidegate-caller',
  ])('keeps %s back', (name) => {
    expect(passedHeaders(['a', '1', name, 'x', 'b', '2'])).toEqual(['a', '1', 'b', '2']);
  });

  it('looks at names only, not at values', () => {
    expect(passedHeaders(['a', 'connection', 'b', 'x-tidegate-tier'])).toEqual([
      'a',
      'connection',
      'b',
      'x-tidegate-tier',
    ]);
  });

  it('leaves out what it is told to, in any case', () => {
    expect(passedHeaders(['Content-Length', '3', 'a', '1'], new Set(['content-length']))).toEqual(['a', '1']);
  });
});
