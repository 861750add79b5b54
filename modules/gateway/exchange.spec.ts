import { describe, expect, it } from '@jest/globals';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { MatchedRoute } from './chroma-routes.js';
import { headerOf, storeCall, targetOf, type Exchange } from './exchange.js';
import { RequestTime } from './request-time.js';

const ID = '18f7e81e-d1ef-4e86-863d-02cf7dc2bf09';
const DEADLINE_MS = 5;
const PARAMS = { tenant: 't', database: 'd', collection: ID };

interface Given {
  readonly params?: MatchedRoute['params'];
  readonly rawHeaders?: string[];
  readonly method?: string;
  readonly url?: string;
}

function exchange({ params = PARAMS, rawHeaders = [], method = 'POST', url = '/api' }: Given): Exchange {
  const request = new IncomingMessage(new Socket());
  request.rawHeaders = rawHeaders;
  const response = new ServerResponse(request);
  const time = new RequestTime(response, DEADLINE_MS);
  return { request, response, method, url, route: { name: 'query', params }, time };
}

describe('targetOf', () => {
  it.each([ID, ID.toUpperCase(), ID.replaceAll('-', ''), `{${ID}}`])('leads %s to one collection', (text) => {
    const target = targetOf(exchange({ params: { ...PARAMS, collection: text } }));
    expect(target).toEqual({ tenant: 't', database: 'd', id: ID });
  });

  it('keeps an empty tenant and database, as ChromaDB routes them', () => {
    const target = targetOf(exchange({ params: { tenant: '', database: '', collection: ID } }));
    expect(target).toEqual({ tenant: '', database: '', id: ID });
  });

  it.each([{}, { tenant: 't', database: 'd' }, { ...PARAMS, collection: 'a-name' }, { collection: ID }])(
    'finds none in %j',
    (params) => {
      expect(targetOf(exchange({ params }))).toBeUndefined();
    },
  );
});

describe('headerOf', () => {
  const told = exchange({ rawHeaders: ['X-Caller', 'x-value', 'A', 'first', 'a', 'second', 'Empty', ''] });

  it.each([
    ['x-caller', 'x-value'],
    ['a', 'first'],
    ['empty', ''],
    ['x-value', undefined],
    ['absent', undefined],
  ])('reads %s as %p', (name, value) => {
    expect(headerOf(told, name)).toBe(value);
  });
});

describe('storeCall', () => {
  it('passes the path and the headers as they came, and streams the body', () => {
    const given = exchange({ url: '/api/v2//x?y=%20', rawHeaders: ['A', '1'] });
    const call = storeCall(given, 'admin');
    expect(call).toMatchObject({
      kind: 'admin',
      method: 'POST',
      path: '/api/v2//x?y=%20',
      headers: ['A', '1'],
    });
    expect(call.body).toBe(given.request);
  });

  it('gives a body that was read already, and none where there is none', () => {
    const body = Buffer.from('{}');
    expect(storeCall(exchange({}), 'write', body).body).toBe(body);
    expect(storeCall(exchange({ method: 'GET' }), 'read').body).toBeNull();
  });

  it('carries the deadline, and ends with the time of the request only where it reads', () => {
    const given = exchange({});
    const read = storeCall(given, 'read');
    expect(read).toMatchObject({ deadlineMs: DEADLINE_MS, signal: given.time.signal });
    expect(storeCall(given, 'write').deadlineMs).toBe(DEADLINE_MS);
    expect(storeCall(given, 'write').signal).toBeUndefined();
  });

  it.each(['http://elsewhere/api/v2', '*', ''])('refuses the target %j, which is no path', (url) => {
    expect(() => storeCall(exchange({ url }), 'read')).toThrow('the request target is not a path');
  });
});
