import { describe, expect, it } from '@jest/globals';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { deadlineExceeded } from '../resilience/deadline.js';
import { TidegateError } from '../vector/errors.js';
import { classOf, RequestTime, timeLimitMs } from './request-time.js';

describe('timeLimitMs', () => {
  it.each([
    [undefined, 1_000],
    ['1', 1],
    ['999', 999],
    ['1000', 1_000],
    ['1001', 1_000],
    ['999999999999999', 1_000],
    ['007', 7],
  ])('lowers and never raises: %p', (header, expected) => {
    expect(timeLimitMs(header, 1_000)).toBe(expected);
  });

  it.each(['', '0', '-1', '1.5', '1e3', 'soon', ' 5', '9999999999999999'])('refuses %j', (header) => {
    const refusal = timeLimitMs(header, 1_000);
    expect(refusal).toBeInstanceOf(TidegateError);
    expect(refusal).toMatchObject({ code: 'bad-request', message: `x-request-timeout-ms is "${header}"` });
  });
});

describe('classOf', () => {
  it('takes what it does not know for a change of anything, unless its method is safe', () => {
    expect([classOf('other-change'), classOf('other-safe')]).toEqual(['admin', 'read']);
    expect([classOf('search'), classOf('upsert')]).toEqual(['read', 'write']);
  });
});

describe('RequestTime', () => {
  const given = () => {
    const response = new ServerResponse(new IncomingMessage(new Socket()));
    return { response, time: new RequestTime(response, 5) };
  };

  it('ends when the connection closes before the answer is whole', () => {
    const { response, time } = given();
    expect(time.isOver).toBe(false);
    response.emit('close');
    expect(time.isOver).toBe(true);
    expect(time.signal.reason).toMatchObject({ message: 'the caller went away' });
  });

  it('does not end when the answer was sent whole', () => {
    const { response, time } = given();
    Object.defineProperty(response, 'writableFinished', { value: true });
    response.emit('close');
    expect(time.isOver).toBe(false);
  });

  it('keeps the first reason', () => {
    const { response, time } = given();
    const first = deadlineExceeded('first', 'remedy');
    time.end(first);
    response.emit('close');
    expect(time.signal.reason).toBe(first);
  });
});
