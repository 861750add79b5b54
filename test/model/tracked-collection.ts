import { setTimeout as sleep } from 'node:timers/promises';
import { CALL_HEADER, type Fate, type Fault } from '../support/faulty-network.js';
import {
  callJson,
  DEFAULT_DATABASE,
  FROM_CHROMA,
  getJson,
  postJson,
  tierOf,
  type Headers,
  type Reply,
} from '../support/http.js';
import { bodyOf, type Write } from './chroma-rules.js';
import { ALL, bodyOfRead, explains, type Read, type Space } from './expected-answers.js';
import { changeOf, deletion, PossibleContents, type Change, type Window } from './possible-contents.js';
import type { RunningTidegate } from './running-tidegate.js';
import type { Tally } from './tally.js';

/** Possible contents beyond which ChromaDB is looked at before the next write. */
const MAX_POSSIBLE = 60;
/** Writes under way at a time. */
const MAX_CHANGING = 4;
const PAUSE_MS = 2;
/** Refused before ChromaDB heard of it, as more is asked than it can do. */
const SHED = 429;
const MOST_SHOWN = 5;
/** Of what happened to one collection. */
const MAX_TOLD_LINES = 500;

/** Records that no collection has. */
const NOBODY_SO_MANY = 1_000_000;

let lastCall = 0;
let lastWake = 0;

/** Who does what with one collection through Tidegate; every answer is judged by all that it may hold. */
export class TrackedCollection {
  readonly possible = new PossibleContents(new Map());
  private readonly history: string[] = [];
  private readonly startedMs = performance.now();

  private constructor(
    private readonly tidegate: RunningTidegate,
    private readonly tally: Tally,
    readonly id: string,
    public name: string,
    readonly space: Space,
  ) {}

  /** Creates it in ChromaDB. */
  static async create(
    tidegate: RunningTidegate,
    tally: Tally,
    name: string,
    space: Space,
  ): Promise<TrackedCollection> {
    const body = { name, configuration: { hnsw: { space } } };
    const reply = await postJson(tidegate.chromaUrl, `${DEFAULT_DATABASE}/collections`, body);
    if (reply.status !== 200) throw new Error(`no collection ${name}: ${reply.status} ${reply.text}`);
    return new TrackedCollection(tidegate, tally, (reply.json as { id: string }).id, name, space);
  }

  /** Writes records, and is sure in the end what came of it. */
  async write(write: Write, fault?: Fault): Promise<Fate> {
    await this.room();
    return this.send(write, fault);
  }

  /** Deletes the collection. */
  delete(fault?: Fault): Promise<Fate> {
    const call = (url: string, headers: Headers) =>
      callJson(url, 'DELETE', `${DEFAULT_DATABASE}/collections/${this.name}`, undefined, headers);
    return this.change(deletion(), `the collection is deleted`, call, fault);
  }

  /** Gives it another name, which changes no record. */
  async rename(name: string): Promise<void> {
    const reply = await callJson(await this.tidegate.url(), 'PUT', this.path, { new_name: name }).catch(
      () => undefined,
    );
    this.tell(`is renamed to ${name}: ${told(reply)}`);
    const described = await getJson(
      this.tidegate.chromaUrl,
      `${DEFAULT_DATABASE}/collections/by-id/${this.id}`,
    );
    if (described.status === 200) this.name = (described.json as { name: string }).name;
  }

  /**
   * Writes past Tidegate. What is acknowledged may be missing from mirrors until `reconciled`, and from
   * answers that were kept until another write.
   */
  async writeAround(write: Write, reconciled: () => Promise<void>): Promise<void> {
    await this.room();
    const change = changeOf(write);
    this.possible.begin(change);
    const reply = await postJson(this.tidegate.chromaUrl, `${this.path}/${write.call}`, bodyOf(write));
    this.tell(`past Tidegate, ${JSON.stringify(write)}: ${told(reply)}`);
    if (reply.status < 300) {
      await reconciled();
      await this.send({ call: 'update', rows: [{ id: 'unknown', document: 'changes nothing' }] });
    }
    this.possible.end(change, reply.status < 300);
    this.tell('is reconciled');
  }

  /** @returns the tier that answered; undefined where none did */
  async read(read: Read, forced = false): Promise<string | undefined> {
    const url = await this.tidegate.url();
    const asked = this.tell(`asks ${JSON.stringify(read)}`);
    const window = this.possible.open();
    try {
      const reply = await this.ask(url, read, forced ? FROM_CHROMA : undefined).catch(() => undefined);
      return this.judge(read, reply, window, asked);
    } finally {
      this.possible.close(window);
    }
  }

  /**
   * Asks for nothing, so that a mirror is wanted.
   * @param maxAgeMs time for which the answer may lack what was written past Tidegate
   * @returns the tier that answered; undefined where none did
   */
  async wake(maxAgeMs?: number): Promise<string | undefined> {
    const read = { kind: 'get', offset: ++lastWake + NOBODY_SO_MANY, include: [] } as const;
    const url = await this.tidegate.url();
    const headers =
      maxAgeMs === undefined ? undefined : { 'x-tidegate-max-staleness': String(Math.floor(maxAgeMs)) };
    const reply = await this.ask(url, read, headers).catch(() => undefined);
    return reply?.status === 200 ? tierOf(reply) : undefined;
  }

  /** Compares with ChromaDB itself, unless something changes meanwhile. */
  async look(): Promise<void> {
    const window = this.possible.open();
    const reply = await this.ask(this.tidegate.chromaUrl, ALL);
    this.possible.close(window);
    if (window.changing) return;
    this.tell(`ChromaDB holds ${reply.text}`);
    const isSo = this.possible.narrow((contents) =>
      reply.status === 404 ? contents === 'gone' : explains(contents, this.space, ALL, reply.json),
    );
    if (!isSo) throw this.wrong(ALL, `ChromaDB itself: ${reply.text}`, window);
  }

  tell(what: string): string {
    const line = `${(performance.now() - this.startedMs).toFixed(1).padStart(9)} ms  ${what}`;
    this.history.push(line);
    if (this.history.length > MAX_TOLD_LINES) this.history.shift();
    return line;
  }

  private get path(): string {
    return `${DEFAULT_DATABASE}/collections/${this.id}`;
  }

  private ask(url: string, read: Read, headers?: Headers): Promise<Reply> {
    const body = bodyOfRead(read);
    if (body === undefined) return getJson(url, `${this.path}/count`, headers);
    return postJson(url, `${this.path}/${read.kind}`, body, headers);
  }

  /** Too many possibilities are told apart by a look, once the writes under way have ended. */
  private async room(): Promise<void> {
    while (this.possible.changing >= MAX_CHANGING || this.possible.size > MAX_POSSIBLE) {
      if (this.possible.changing === 0) await this.look();
      else await sleep(PAUSE_MS);
    }
  }

  private send(write: Write, fault?: Fault): Promise<Fate> {
    const call = (url: string, headers: Headers) =>
      postJson(url, `${this.path}/${write.call}`, bodyOf(write), headers);
    return this.change(changeOf(write), JSON.stringify(write), call, fault);
  }

  private async change(
    change: Change,
    what: string,
    call: (url: string, headers: Headers) => Promise<Reply>,
    fault: Fault | undefined,
  ): Promise<Fate> {
    const url = await this.tidegate.url();
    const { network } = this.tidegate;
    const name = String(++lastCall);
    if (fault) network.plan(name, fault);
    this.possible.begin(change);
    this.tell(`#${name} begins: ${what}${fault ? `, ${fault}` : ''}`);
    const reply = await call(url, { [CALL_HEADER]: name }).catch(() => undefined);
    this.tell(`#${name} is answered ${told(reply)}`);
    const fate = await this.fateOf(name, reply);
    this.possible.end(change, fate === 'applied');
    this.tell(`#${name} was ${fate}`);
    this.tally.count(`changes ${fate}`);
    return fate;
  }

  /** What is acknowledged must be so; what failed may be anything, and the network knows. */
  private async fateOf(name: string, reply: Reply | undefined): Promise<Fate> {
    const fate = await this.tidegate.network.fateOf(name);
    if (fate === 'failed') {
      // As it may for a collection that is being deleted.
      if (this.possible.mayBeGone) return 'refused';
      throw this.failure(`ChromaDB failed by itself at #${name}: ${reply?.text ?? 'no answer'}`);
    }
    if (reply?.status === SHED) {
      if (fate !== 'never') throw this.failure(`#${name} was shed, but was ${fate}`);
      return fate;
    }
    if (reply === undefined || reply.status >= 500) this.tally.count('changes in doubt');
    else if ((reply.status < 300 ? 'applied' : 'refused') !== fate)
      throw this.failure(`#${name} was answered ${told(reply)}, but was ${fate}`);
    return fate;
  }

  private judge(read: Read, reply: Reply | undefined, window: Window, asked: string): string | undefined {
    if (reply === undefined || reply.status >= 500 || reply.status === SHED) {
      this.tally.count('reads unanswered');
      return undefined;
    }
    const tier = tierOf(reply);
    const reason = String(reply.headers['x-tidegate-reason']);
    this.tell(`answered by ${tier} (${reason}) to ${asked.trim()}: ${reply.status} ${reply.text}`);
    this.tally.count(`answers of ${tier}`);
    const possible = [...window.contents.values()];
    if (reply.status >= 400) {
      if (possible.includes('gone')) return tier;
    } else {
      if (possible.some((contents) => explains(contents, this.space, read, reply.json))) return tier;
      // ChromaDB itself reads ids, vectors and documents one after the other, without a snapshot.
      if (window.changing && tier === 'chroma') {
        this.tally.count('half seen in chroma');
        return tier;
      }
    }
    throw this.wrong(read, `${tier} (${reason}): ${reply.status} ${reply.text}`, window);
  }

  /** An error that tells what happened to the collection so far. */
  failure(what: string): Error {
    const story = ['what happened, times since the collection was created:', ...this.history];
    return new Error([`collection ${this.id}: ${what}`, ...story].join('\n'));
  }

  private wrong(read: Read, answer: string, { contents }: Window): Error {
    const possible = [...contents.values()].slice(0, MOST_SHOWN).map((each) => {
      return each === 'gone' ? 'gone' : JSON.stringify([...each].map(([id, record]) => [id, record.key]));
    });
    return this.failure(
      [
        'no moment explains this answer',
        `asked: ${JSON.stringify(read)}`,
        `answered by ${answer}`,
        `possible contents (${contents.size}, of which ${possible.length} are shown):`,
        ...possible,
      ].join('\n'),
    );
  }
}

function told(reply: Reply | undefined): string {
  return reply === undefined ? 'not at all' : `${reply.status} ${reply.text}`;
}
