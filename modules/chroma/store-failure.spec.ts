import { describe, expect, it } from '@jest/globals';
import { TidegateError } from '../vector/errors.js';
import { isAmbiguous, isUnavailable, storeFailure } from './store-failure.js';

const coded = (code: string) => Object.assign(new Error('detail'), { code });

/** As `DOMException`s are: their code is a number. */
const named = (name: string, code: number) => Object.assign(new Error('detail'), { name, code });

describe('storeFailure', () => {
  it.each([
    'ECONNREFUSED',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'UND_ERR_CONNECT_TIMEOUT',
    'EOPENBREAKER',
  ])('knows that nothing was sent when the code is %s', (code) => {
    const failure = storeFailure(coded(code), 'write');
    expect(failure.code).toBe('store-unreachable');
    expect(isAmbiguous(failure)).toBe(false);
  });

  it.each([coded('UND_ERR_HEADERS_TIMEOUT'), coded('UND_ERR_BODY_TIMEOUT'), named('TimeoutError', 23)])(
    'knows a timeout, after which the call may have been done: %s',
    (error) => {
      const failure = storeFailure(error, 'write');
      expect(failure.code).toBe('store-timeout');
      expect(isAmbiguous(failure)).toBe(true);
    },
  );

  it.each([
    coded('ECONNRESET'),
    coded('EPIPE'),
    coded('UND_ERR_SOCKET'),
    coded('UND_ERR_ABORTED'),
    named('AbortError', 20),
    new Error('ECONNREFUSED'),
    'ECONNREFUSED',
    undefined,
  ])('takes anything else for broken under way: %s', (error) => {
    const failure = storeFailure(error, 'write');
    expect(failure.code).toBe('store-failed');
    expect(isAmbiguous(failure)).toBe(true);
  });

  it('keeps the cause, and leaves an error of its own as it is', () => {
    const error = coded('ECONNRESET');
    const failure = storeFailure(error, 'write');
    expect(failure.cause).toBe(error);
    expect(storeFailure(failure, 'write')).toBe(failure);
  });
});

describe('isAmbiguous', () => {
  it('knows that nothing was sent after the deadline', () => {
    expect(isAmbiguous(new TidegateError('deadline-exceeded', '', ''))).toBe(false);
  });

  it('takes errors that are not its own for ambiguous', () => {
    expect(isAmbiguous(coded('ECONNREFUSED'))).toBe(true);
    expect(isAmbiguous(new TidegateError('bad-request', '', ''))).toBe(true);
  });
});

describe('isUnavailable', () => {
  it.each([
    [502, true],
    [503, true],
    [504, true],
    [500, false],
    [501, false],
    [429, false],
    [200, false],
  ])('%p: %p', (status, unavailable) => {
    expect(isUnavailable(status)).toBe(unavailable);
  });
});
