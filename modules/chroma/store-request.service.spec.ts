import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { Pool } from 'undici';
import { readAnswer } from './read-answer.js';
import type { StoreCall } from './store-call.js';
import { requestStore } from './store-request.service.js';

const LONG = 3 * 1024 * 1024;

let server: Server;
let connections: Pool;
let answer: RequestListener;

beforeEach(async () => {
  server = createServer((request, response) => {
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  connections = new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { connections: 1 });
});

afterEach(async () => {
  await connections.destroy();
  server.closeAllConnections();
  server.close();
});

function call(more: Partial<StoreCall> = {}): Promise<Awaited<ReturnType<typeof requestStore>>> {
  const plain = { kind: 'read', method: 'GET', path: '/x', headers: [], body: null } as const;
  return requestStore(connections, { ...plain, ...more });
}

describe('requestStore', () => {
  it('gives a short answer as bytes, its headers as they came', async () => {
    answer = (_request, response) => {
      response.writeHead(201, ['X-Odd', 'caf\u00e9', 'content-length', '2']).end(Buffer.from('{}'));
    };
    const { status, headers, body } = await call();
    expect(status).toBe(201);
    expect(headers.slice(0, 2)).toEqual(['X-Odd', 'caf\u00e9']);
    expect(body).toEqual(Buffer.from('{}'));
  });

  it('streams an answer that is long, or does not tell its length', async () => {
    const bytes = Buffer.alloc(LONG, 'ab');
    for (const headers of [{ 'content-length': LONG }, {}]) {
      answer = (_request, response) => {
        response.writeHead(200, headers).end(bytes);
      };
      const streamed = await call();
      expect(streamed.body).toBeInstanceOf(Readable);
      expect(bytes.equals(await readAnswer(streamed, 'read'))).toBe(true);
    }
  });

  it('leaves what answers HEAD as it is', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': 7 }).end();
    };
    const { headers, body } = await call({ method: 'HEAD' });
    expect(headers).toContain('7');
    expect(body).toBeInstanceOf(Readable);
    (body as Readable).resume();
  });

  it('fails when a short answer breaks off', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': 7 });
      response.write('abc', () => response.destroy());
    };
    await expect(call()).rejects.toThrow();
  });

  it('fails while it is read when a long one breaks off', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': LONG });
      response.write('abc', () => response.destroy());
    };
    await expect(readAnswer(await call(), 'read')).rejects.toMatchObject({ code: 'store-failed' });
  });

  it('ends with its signal: before it is sent, and while it waits', async () => {
    answer = () => undefined;
    const [waiting, queued] = [new AbortController(), new AbortController()];
    const ended = expect(call({ signal: waiting.signal })).rejects.toThrow('gone');
    const endedEarly = expect(call({ signal: queued.signal })).rejects.toThrow('gone early');
    queued.abort(new Error('gone early'));
    await endedEarly;
    await once(server, 'request');
    waiting.abort(new Error('gone'));
    await ended;
  });

  it('ends the call when its stream is given up', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': LONG }).write('abc');
    };
    const closed = once(server, 'request').then(([, response]) => once(response as Server, 'close'));
    const { body } = await call();
    (body as Readable).destroy();
    await closed;
  });
});
