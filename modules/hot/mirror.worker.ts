import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import type { HotCommand, HotReply, HotRequest, HotResults } from './hot-protocol.js';
import { Mirror } from './mirror.store.js';

/** Records inserted before waiting searches get their turn: about 10 ms of work at 768 floats. */
const INSERTS_PER_TURN = 16;

interface OpenMirror {
  readonly mirror: Mirror;
  /** Changes of one mirror run one after the other. */
  changes: Promise<unknown>;
  closed: boolean;
}

const mirrors = new Map<number, OpenMirror>();

function find(number: number): OpenMirror {
  const open = mirrors.get(number);
  if (open === undefined) throw new Error('this mirror is closed');
  return open;
}

async function applyInTurns(open: OpenMirror, asked: readonly string[], page: Uint8Array): Promise<void> {
  const inserts = open.mirror.apply(asked, page);
  for (let count = 1; !inserts.next().done; count++) {
    if (count % INSERTS_PER_TURN === 0) await nextTurn();
    if (open.closed) throw new Error('this mirror was closed');
  }
}

function change(
  number: number,
  work: (open: OpenMirror) => Promise<void> | void,
): Promise<HotResults['apply']> {
  const open = find(number);
  const done = open.changes.then(() => work(open)).then(() => open.mirror.usage());
  open.changes = done.catch(() => undefined);
  return done;
}

function execute(command: HotCommand): HotResults[HotCommand['kind']] | Promise<HotResults['apply']> {
  switch (command.kind) {
    case 'open': {
      const mirror = new Mirror(command.spec);
      mirrors.set(command.mirror, { mirror, changes: Promise.resolve(), closed: false });
      return mirror.usage();
    }
    case 'close':
      find(command.mirror).closed = true;
      mirrors.delete(command.mirror);
      return undefined;
    case 'apply':
      return change(command.mirror, (open) => applyInTurns(open, command.asked, command.page));
    case 'retain':
      return change(command.mirror, (open) => {
        open.mirror.retain(command.listing);
      });
    case 'read':
      return find(command.mirror).mirror.read(command.request);
  }
}

function reply(message: HotReply): void {
  const owned =
    'result' in message && message.result instanceof Uint8Array ? [message.result.buffer as ArrayBuffer] : [];
  parentPort?.postMessage(message, owned);
}

parentPort?.on('message', ({ sequence, command }: HotRequest) => {
  try {
    const result = execute(command);
    if (result instanceof Promise) {
      result.then(
        (usage) => {
          reply({ sequence, result: usage });
        },
        (error: unknown) => {
          reply({ sequence, error: String(error) });
        },
      );
    } else reply({ sequence, result });
  } catch (error) {
    reply({ sequence, error: String(error) });
  }
});
