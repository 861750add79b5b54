import hnswlib from 'hnswlib-node';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Pool } from 'undici';

/**
 * Runs as a process of its own: the least that a server of Node does with a query. By its arguments it only
 * reads it and answers (`echo`), has ChromaDB answer it (`forward` URL), or searches a graph that hnswlib
 * wrote (`search` FILE DIMENSION EF). Checks nothing. Prints its port.
 */
type Answering = (path: string, body: Buffer) => Promise<Buffer> | Buffer;

interface Query {
  readonly query_embeddings: readonly [number[]];
  readonly n_results: number;
}

const CONNECTIONS = 64;
/** As long as what is answered to a query for ten records. */
const ANSWER_BYTES = 2_048;
const HEADERS = { 'content-type': 'application/json' };

async function answering([kind, place = '', dimension, ef]: readonly string[]): Promise<Answering> {
  if (kind === 'echo') return () => padded({});
  if (kind === 'forward') return forwarding(new Pool(place, { connections: CONNECTIONS }));
  const index = new hnswlib.HierarchicalNSW('cosine', Number(dimension));
  await index.readIndex(place);
  index.setEf(Number(ef));
  return (_path, body) => {
    const { query_embeddings, n_results } = JSON.parse(body.toString()) as Query;
    return padded(index.searchKnn(query_embeddings[0], n_results));
  };
}

function forwarding(chroma: Pool): Answering {
  return async (path, body) => {
    const reply = await chroma.request({ method: 'POST', path, headers: HEADERS, body });
    return Buffer.from(await reply.body.arrayBuffer());
  };
}

function padded(answer: unknown): Buffer {
  return Buffer.from(JSON.stringify(answer).padEnd(ANSWER_BYTES));
}

async function wholeOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  await new Promise((resolve, reject) => {
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.once('end', resolve);
    request.once('error', reject);
  });
  return Buffer.concat(pieces);
}

const answer = await answering(process.argv.slice(2));

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const bytes = await answer(request.url ?? '/', await wholeOf(request));
  response.writeHead(200, { ...HEADERS, 'content-length': bytes.length }).end(bytes);
}

const server = createServer((request, response) => {
  respond(request, response).catch(() => response.destroy());
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${typeof address === 'object' && address ? address.port : 0}\n`);
});
