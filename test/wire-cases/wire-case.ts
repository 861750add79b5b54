import { DEFAULT_DATABASE, type Body, type Headers, type RawCall } from '../support/http.js';

/** Where the cases find their data. */
export interface WirePlace {
  /** 60 records of 3 dimensions, never written to by a case. */
  readonly filled: string;
  /** Never written to at all, so without a dimension. */
  readonly empty: string;
  /** What the cases of writes go to. */
  readonly written: string;
}

/** One HTTP request that ChromaDB and Tidegate have to answer alike. */
export interface WireCase {
  readonly name: string;
  readonly call: (place: WirePlace) => RawCall;
  /** A plain query, which a warm mirror has to answer. */
  readonly hot?: true;
}

export const JSON_TYPE: Headers = { 'content-type': 'application/json' };
export const VECTOR = [0.1, 0.2, 0.3];

export function recordsPath(collectionId: string, call: string): string {
  return `${DEFAULT_DATABASE}/collections/${collectionId}/${call}`;
}

/** A query of the filled collection whose body is sent as it stands. */
export function rawQuery(name: string, body: Body, headers: Headers = JSON_TYPE): WireCase {
  return {
    name: `query: ${name}`,
    call: ({ filled }) => ({ method: 'POST', path: recordsPath(filled, 'query'), headers, body }),
  };
}

/** A query of the filled collection with one more field, or another value of one. */
export function query(name: string, fields: Readonly<Record<string, unknown>>): WireCase {
  return rawQuery(name, JSON.stringify({ query_embeddings: [VECTOR], ...fields }));
}

/** A query that the mirror has to answer. */
export function hotQuery(name: string, fields: Readonly<Record<string, unknown>>): WireCase {
  return { ...query(name, fields), hot: true };
}

/** A record call on the collection for writes. */
export function write(name: string, call: string, body: unknown): WireCase {
  return {
    name: `${call}: ${name}`,
    call: ({ written }) => {
      const text = JSON.stringify(body);
      return { method: 'POST', path: recordsPath(written, call), headers: JSON_TYPE, body: text };
    },
  };
}

/** A request to a path, without a body. */
export function bare(method: string, path: string | ((place: WirePlace) => string)): WireCase {
  const pathOf = typeof path === 'string' ? () => path : path;
  const sample = pathOf({ filled: 'FILLED', empty: 'EMPTY', written: 'WRITTEN' });
  return { name: `${method} ${sample}`, call: (place) => ({ method, path: pathOf(place) }) };
}
