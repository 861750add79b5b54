import { describe, expect, it } from '@jest/globals';
import { TidegateError, type ErrorCode } from '../vector/errors.js';
import { errorAnswer } from './error-answer.js';

const answerTo = (code: ErrorCode) => errorAnswer(new TidegateError(code, 'what happened', 'what to do'));

describe('errorAnswer', () => {
  it.each<[ErrorCode, number, string]>([
    ['store-failed', 502, 'ChromaError'],
    ['store-timeout', 504, 'ChromaError'],
    ['deadline-exceeded', 504, 'ChromaError'],
    ['bad-request', 400, 'InvalidArgumentError'],
    ['not-found', 404, 'NotFoundError'],
  ])('answers %s with %p in the words of ChromaDB', (code, status, error) => {
    const answer = answerTo(code);
    expect(answer.status).toBe(status);
    expect(answer.headers).toEqual(['content-type', 'application/json']);
    expect(JSON.parse(answer.text)).toEqual({ error, message: 'what happened; what to do' });
  });

  it.each<ErrorCode>([
    'store-unreachable',
    'mirror-busy',
    'mirror-timeout',
    'mirror-lost',
    'embedded-store-impossible',
  ])('asks to come again after %s', (code) => {
    const { status, headers } = answerTo(code);
    expect(status).toBe(503);
    expect(headers).toEqual(['content-type', 'application/json', 'retry-after', '1']);
  });

  it('tells of a body too large in plain text', () => {
    expect(answerTo('body-too-large')).toEqual({ status: 413, headers: [], text: 'Payload too large' });
  });

  it.each([new Error('secret'), 'secret', undefined])('tells nothing of %p, a fault of its own', (thrown) => {
    const { status, text } = errorAnswer(thrown);
    expect(status).toBe(500);
    expect(JSON.parse(text)).toMatchObject({ error: 'InternalError' });
    expect(text).not.toContain('secret');
  });
});
