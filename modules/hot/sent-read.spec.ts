import { describe, expect, it } from '@jest/globals';
import type { NearestRequest } from '../vector/read-request.js';
import { sentRead } from './sent-read.js';

const BUSY = 4;
const BODY = Buffer.from('{"query_embeddings":[[1,2],[3,4]],"n_results":1}');
const PLAIN = { kind: 'nearest', limit: 1, include: [] } as const;
const REQUEST: NearestRequest = { ...PLAIN, vectors: BODY.subarray(20, 33), count: 2 };

describe('sentRead', () => {
  it('leaves vectors to the worker while it keeps up, in memory of their own', () => {
    const vectors = Uint8Array.from(Buffer.from('[[1,2],[3,4]]'));
    const sent = sentRead(REQUEST, 2, BUSY - 1);
    expect(sent).toEqual({ request: { ...REQUEST, vectors }, moved: [] });
    if (typeof sent === 'string' || sent.request.kind !== 'nearest') throw new Error('it is a search');
    expect((sent.request.vectors as Uint8Array).buffer.byteLength).toBe(vectors.byteLength);
  });

  it('reads them while the worker is behind', () => {
    const vectors = [Float32Array.of(1, 2), Float32Array.of(3, 4)];
    expect(sentRead(REQUEST, 2, BUSY)).toEqual({ request: { ...REQUEST, vectors }, moved: [] });
  });

  it('leaves long ones to the worker all the same, and gives their memory away', () => {
    const vectors = Buffer.from(JSON.stringify([Array.from({ length: 40_000 }, () => 1)]));
    const sent = sentRead({ ...PLAIN, vectors, count: 1 }, 40_000, BUSY);
    const own = new Uint8Array(vectors);
    expect(sent).toEqual({ request: { ...PLAIN, vectors: own, count: 1 }, moved: [own.buffer] });
  });

  it('tells at once what ChromaDB must judge', () => {
    expect(sentRead(REQUEST, 3, BUSY)).toBe('dimension');
    expect(sentRead({ ...REQUEST, count: 3 }, 2, BUSY)).toBe('opaque');
  });

  it('sends what has no vectors as it is', () => {
    const request = { kind: 'records', offset: 0, limit: undefined, include: [] } as const;
    expect(sentRead(request, 2, BUSY)).toEqual({ request, moved: [] });
  });
});
