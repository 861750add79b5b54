import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import type { HotCommand, HotReply, HotRequest, HotResults, MirrorUsage, Placement } from './hot-protocol.js';
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

type ApplyCommand = Extract<HotCommand, { kind: 'apply' }>;

async function applyInTurns(open: OpenMirror, { asked, page, hints }: ApplyCommand): Promise<Placement> {
  const steps = open.mirror.apply(asked, page, hints);
  for (let count = 1; ; count++) {
    const step = steps.next();
    if (step.done) return step.value;
    if (count % INSERTS_PER_TURN === 0) await nextTurn();
    if (open.closed) throw new Error('this mirror was closed');
  }
}

function change<T extends object | void>(
  number: number,
  work: (open: OpenMirror) => Promise<T> | T,
): Promise<MirrorUsage & T> {
  const open = find(number);
  const done = open.changes.then(() => work(open)).then((told) => ({ ...open.mirror.usage(), ...told }));
  open.changes = done.catch(() => undefined);
  return done;
}

function execute(command: HotCommand): HotResults[HotCommand['kind']] | Promise<MirrorUsage> {
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
      return change(command.mirror, (open) => applyInTurns(open, command));
    case 'order':
      return change(command.mirror, (open) => {
        open.mirror.order(command.listing);
      });
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
