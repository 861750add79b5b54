import { once } from 'node:events';
import net from 'node:net';
import { CallHold } from './call-hold.js';

/** Passes TCP connections on to another address: a network between Tidegate and its ChromaDB. */
export interface TcpForwarder {
  readonly url: string;
  /** Connections passed on so far. */
  accepted(): number;
  /** Calls of ChromaDB's `query` passed on so far. */
  queries(): number;
  /** Changes the time by which each piece of an answer is held back. */
  delayAnswers(delayMs: number): void;
  /** Passes only so many further bytes of each connection's answers; undefined passes all again. */
  cutAnswersAt(bytes: number | undefined): void;
  /** Keeps chosen calls from ChromaDB. */
  readonly hold: CallHold;
  /** Stops listening and breaks every connection. */
  close(): Promise<void>;
}

const QUERY_HEAD = '/query HTTP/1.1';

export interface ForwarderOptions {
  /** 0, as by default, takes a free port. */
  readonly port?: number;
  /** Time by which each piece of an answer is held back. */
  readonly answerDelayMs?: number;
}

export async function startTcpForwarder(
  targetUrl: string,
  options: ForwarderOptions = {},
): Promise<TcpForwarder> {
  const target = new URL(targetUrl);
  const sockets = new Set<net.Socket>();
  const hold = new CallHold();
  let accepted = 0;
  let queries = 0;
  let cutAt: number | undefined;
  let answerDelayMs = options.answerDelayMs ?? 0;
  const server = net.createServer((caller) => {
    accepted++;
    const store = net.connect(Number(target.port), target.hostname);
    for (const socket of [caller, store]) keep(socket, sockets);
    caller.on('data', (piece) => {
      queries += piece.toString('latin1').split(QUERY_HEAD).length - 1;
    });
    joinSockets(caller, store, hold, {
      delayMs: () => answerDelayMs,
      cutAt: () => cutAt,
    });
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    hold,
    accepted: () => accepted,
    queries: () => queries,
    delayAnswers: (delayMs) => {
      answerDelayMs = delayMs;
    },
    cutAnswersAt: (bytes) => {
      cutAt = bytes;
    },
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

/** A loopback port on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function keep(socket: net.Socket, sockets: Set<net.Socket>): void {
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
  socket.on('error', () => socket.destroy());
}

/** How answers pass now. */
interface AnswerPassing {
  delayMs(): number;
  cutAt(): number | undefined;
}

function joinSockets(caller: net.Socket, store: net.Socket, hold: CallHold, passing: AnswerPassing): void {
  let passedBytes = 0;
  caller.pipe(hold.gate()).pipe(store);
  store.on('data', (piece: Buffer) => {
    const cutAt = passing.cutAt();
    const passed = cutAt === undefined ? piece : piece.subarray(0, Math.max(0, cutAt - passedBytes));
    passedBytes = cutAt === undefined ? 0 : passedBytes + passed.length;
    setTimeout(() => caller.writable && caller.write(passed), passing.delayMs());
  });
  store.once('close', () => setTimeout(() => caller.destroy(), passing.delayMs()));
  caller.once('close', () => store.destroy());
}
