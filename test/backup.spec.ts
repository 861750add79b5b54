import { access, copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  accepted,
  addNastyRecords,
  contentsOf,
  createWith,
  exact,
  plainCollection,
} from './support/backup-cases.js';
import { runCommand, runTidegate, tidegateCommand, type CommandEnd } from './support/command-line.js';
import { callJson, DEFAULT_DATABASE, getJson } from './support/http.js';
import { createCollection, type Records } from './support/records.js';
import { ProofLog } from './support/proof-log.js';
import { seededRandom } from './support/seeded-random.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';

const KILLS = Number(process.env['TEST_BACKUP_KILLS'] ?? 3);
const LONG_MS = 60_000 + KILLS * 20_000;
/** What ChromaDB itself loses when it multiplies a normalised vector out, relative to the element. */
const COSINE_ERROR = 2 ** -22;

const random = seededRandom('backup');
const proof = new ProofLog('backups and restorations survive kill -9', 'kills', random.seed);
let source: TidegateProcess;
let target: TidegateProcess;
let folder: string;

beforeAll(async () => {
  [source, target] = await Promise.all([startTidegate(), startTidegate()]);
  folder = await mkdtemp(join(tmpdir(), 'tidegate-backup-'));
});

afterAll(async () => {
  proof.report();
  await rm(folder, { recursive: true, force: true });
});

function path(name: string): string {
  return join(folder, name);
}

function backup(...args: string[]): Promise<CommandEnd> {
  return runTidegate(['backup', ...args, '--url', source.chromaUrl]);
}

function restore(...args: string[]): Promise<CommandEnd> {
  return runTidegate(['restore', ...args, '--url', target.chromaUrl]);
}

function expectDone(end: CommandEnd): void {
  expect({ code: end.code, stderr: end.stderr }).toEqual({ code: 0, stderr: '' });
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** The lines of a backup by the name of their first member, numbers as text. */
async function linesOf(file: string, kind: string): Promise<string[]> {
  const text = gunzipSync(await readFile(file)).toString();
  return text.split('\n').filter((line) => line.startsWith(`{"${kind}":`));
}

async function namesIn(url: string): Promise<string[]> {
  const list = (await getJson(url, `${DEFAULT_DATABASE}/collections`)).json as { name: string }[];
  return list.map(({ name }) => name).sort();
}

describe('a whole database, backed up and restored elsewhere', () => {
  beforeAll(async () => {
    const url = source.chromaUrl;
    await addNastyRecords(await createCollection(url, 'nasty'), random, 200, 5);
    const hnsw = { space: 'ip', ef_construction: 50, ef_search: 20, max_neighbors: 8, batch_size: 33 };
    const embedding = {
      type: 'known',
      name: 'openai',
      config: { model_name: 'm', nested: [1.5, null, 'x'] },
    };
    const configured = await createWith(url, {
      name: 'configured',
      metadata: { whole: 1, text: 'a\u0000b', flag: true },
      configuration: { hnsw, embedding_function: embedding },
    });
    await addNastyRecords(configured, random, 60, 3);
    await createWith(url, { name: 'legacy', metadata: { 'hnsw:space': 'ip', 'hnsw:sync_threshold': 77 } });
    const int_inverted_index = { enabled: false, config: {} };
    await createWith(url, {
      name: 'schema',
      schema: { defaults: { int: { int_inverted_index } }, keys: {} },
    });
    await createWith(url, { name: 'untouched' });
    const deleted = await createCollection(url, 'deleted');
    accepted(await deleted.add({ ids: ['gone'], embeddings: [[1, 2, 3, 4]] }));
    accepted(await deleted.delete({ ids: ['gone'] }));
    expectDone(await backup('--all', path('all.jsonl.gz')));
    expectDone(await restore(path('all.jsonl.gz')));
  }, LONG_MS);

  it('is the same: every record, their order, configurations, schemas, dimensions', async () => {
    const [there, here] = await Promise.all([contentsOf(source.chromaUrl), contentsOf(target.chromaUrl)]);
    expect([...here.keys()].sort()).toEqual([...there.keys()].sort());
    for (const [name, contents] of there) expect([name, here.get(name)]).toEqual([name, contents]);
  });

  it('restored once more, finds all there and changes nothing', async () => {
    const before = await contentsOf(target.chromaUrl);
    const end = await restore(path('all.jsonl.gz'));
    expectDone(end);
    expect(end.stdout).toContain('nasty is there already');
    expect(await contentsOf(target.chromaUrl)).toEqual(before);
  });

  it('is read with any gzip tool', async () => {
    const { stdout, code } = await runCommand(['gzip', '-dc', path('all.jsonl.gz')]);
    const ids = stdout.split('\n').filter((line) => line.startsWith('{"id":'));
    expect([code, ids.length]).toEqual([0, 260]);
  });

  it('is checked without a store', async () => {
    const end = await runTidegate([
      'restore',
      '--check',
      path('all.jsonl.gz'),
      '--url',
      'http://127.0.0.1:1',
    ]);
    expectDone(end);
    expect(end.stdout).toContain('nasty: 200 records');
  });

  it('is refused when a byte is wrong, and nothing is restored of it', async () => {
    const before = await namesIn(target.chromaUrl);
    const bytes = await readFile(path('all.jsonl.gz'));
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    await writeFile(path('damaged.jsonl.gz'), bytes);
    const end = await restore(path('damaged.jsonl.gz'), '--collection', 'nasty', '--as', 'of-damaged');
    expect([end.code, end.stderr]).toEqual([4, expect.stringContaining('is damaged')]);
    expect(await namesIn(target.chromaUrl)).toEqual(before);
  });
});

describe('a cosine collection', () => {
  it('comes back within what ChromaDB itself loses, vectors without numbers too', async () => {
    const cosine = await createCollection(source.chromaUrl, 'cosine', 'cosine');
    await addNastyRecords(cosine, random, 120, 6);
    accepted(await cosine.add({ ids: ['overflows'], embeddings: [[3e38, 3e38, 0, 0, 0, 1]] }));
    expectDone(await backup('cosine', path('cosine.jsonl.gz')));
    expectDone(await restore(path('cosine.jsonl.gz')));

    const [there, here] = await Promise.all([contentsOf(source.chromaUrl), contentsOf(target.chromaUrl)]);
    const { embeddings: wanted, ...rest } = there.get('cosine')?.records as { embeddings: string[][] };
    const { embeddings: found, ...others } = here.get('cosine')?.records as { embeddings: string[][] };
    expect(others).toEqual(rest);
    expect(there.get('cosine')?.description).toEqual(here.get('cosine')?.description);
    expect(wanted.at(-1)).toEqual([null, null, null, null, null, null]);
    const floats = (vector: readonly (string | null)[]) =>
      vector.map((text) => (text === null ? null : Number(text.slice('number '.length))));
    const far = wanted.filter((vector, index) => {
      const others = floats(found[index] ?? []);
      const elements = floats(vector);
      const length = Math.hypot(...elements.map((element) => element ?? 0));
      return elements.some((element, at) => {
        const other = others[at] ?? null;
        if (element === null || other === null) return element !== other;
        return Math.abs(element - other) > Math.max(Math.abs(element) * COSINE_ERROR, length * 2 ** -120);
      });
    });
    expect(far).toEqual([]);
  });
});

describe('names', () => {
  beforeAll(async () => {
    await plainCollection(source.chromaUrl, 'named', random, 30, 4);
    expectDone(await backup('named', path('named.jsonl.gz')));
  });

  it('that are taken are refused, and the collection stays as it is', async () => {
    await plainCollection(target.chromaUrl, 'named', random, 5, 4);
    const before = await contentsOf(target.chromaUrl);
    const end = await restore(path('named.jsonl.gz'));
    expect([end.code, end.stderr]).toEqual([5, expect.stringContaining('--replace')]);
    expect(await contentsOf(target.chromaUrl)).toEqual(before);
  });

  it('are given anew with --as', async () => {
    expectDone(await restore(path('named.jsonl.gz'), '--as', 'renamed'));
    const [there, here] = await Promise.all([contentsOf(source.chromaUrl), contentsOf(target.chromaUrl)]);
    expect(here.get('renamed')?.records).toEqual(there.get('named')?.records);
  });

  it('are taken over with --replace', async () => {
    expectDone(await restore(path('named.jsonl.gz'), '--replace'));
    const [there, here] = await Promise.all([contentsOf(source.chromaUrl), contentsOf(target.chromaUrl)]);
    expect(here.get('named')?.records).toEqual(there.get('named')?.records);
    expect([...here.keys()].filter((name) => name.startsWith('tidegate-'))).toEqual([]);
  });

  it('of collections and files that do not exist, or exist already, are told', async () => {
    const codes = [
      await backup('no-such-collection', path('none.jsonl.gz')),
      await restore(path('no-such-file')),
      await backup('named', path('named.jsonl.gz')),
      await restore(path('named.jsonl.gz'), '--collection', 'no-such-collection'),
      await backup('named'),
      await backup('named', path('x'), '--no-such-option'),
    ].map(({ code }) => code);
    expect(codes).toEqual([8, 8, 5, 8, 2, 2]);
  });
});

describe('kill -9', () => {
  let wholeLines: string[];
  let wholeMs: number;

  beforeAll(async () => {
    await plainCollection(source.chromaUrl, 'killed', random, 6_000, 128);
    const started = performance.now();
    expectDone(await backup('killed', path('whole.jsonl.gz')));
    wholeMs = performance.now() - started;
    wholeLines = await linesOf(path('whole.jsonl.gz'), 'id');
  }, LONG_MS);

  it(
    `of backups, ${KILLS} times: none is taken for whole, each is continued`,
    async () => {
      let continued = 0;
      for (let round = 0; round < KILLS; round++) {
        const file = path(`killed-${round}.jsonl.gz`);
        const args = ['backup', 'killed', file, '--url', source.chromaUrl];
        await proof.run(async () => {
          const end = await runTidegate(args, wholeMs * random.next());
          expect(await isThere(file)).toBe(end.code === 0);
          if (end.code !== 0) {
            const again = await runTidegate(args);
            expectDone(again);
            if (again.stdout.includes('Continuing')) continued++;
          }
          expect(await linesOf(file, 'id')).toEqual(wholeLines);
        });
      }
      expect(await readdir(folder)).not.toContain(expect.stringMatching(/\.partial$/));
      process.stdout.write(`backups killed and continued: ${continued} of ${KILLS}\n`);
    },
    LONG_MS,
  );

  it(
    `of restorations, ${KILLS} times: no part has the name, each is continued`,
    async () => {
      const started = performance.now();
      expectDone(await restore(path('whole.jsonl.gz'), '--as', 'uninterrupted'));
      const restoreMs = performance.now() - started;
      let continued = 0;
      for (let round = 0; round < KILLS; round++) {
        const name = `restored-${round}`;
        const args = ['restore', path('whole.jsonl.gz'), '--as', name, '--url', target.chromaUrl];
        await proof.run(async () => {
          const end = await runTidegate(args, restoreMs * random.next());
          if (end.code !== 0 && (await namesIn(target.chromaUrl)).includes(name)) {
            expect(await countOf(target.chromaUrl, name)).toBe(6_000);
          }
          const again = await runTidegate(args);
          expectDone(again);
          if (again.stdout.includes('Continuing')) continued++;
        });
        accepted(await callJson(target.chromaUrl, 'DELETE', `${DEFAULT_DATABASE}/collections/uninterrupted`));
        accepted(await renamed(target.chromaUrl, name, 'uninterrupted'));
        expect((await namesIn(target.chromaUrl)).filter((each) => each.startsWith('tidegate-'))).toEqual([]);
      }
      const [there, here] = await Promise.all([contentsOf(source.chromaUrl), contentsOf(target.chromaUrl)]);
      expect(here.get('uninterrupted')?.records).toEqual(there.get('killed')?.records);
      process.stdout.write(`restorations killed and continued: ${continued} of ${KILLS}\n`);
    },
    LONG_MS,
  );

  it('and a torn end: what is behind the last whole member is written again', async () => {
    const whole = await readFile(path('whole.jsonl.gz'));
    await writeFile(path('torn.jsonl.gz.partial'), whole.subarray(0, random.below(whole.length)));
    expectDone(await backup('killed', path('torn.jsonl.gz')));
    expect(await linesOf(path('torn.jsonl.gz'), 'id')).toEqual(wholeLines);
  });

  it('and a draft of something else is refused', async () => {
    await copyFile(path('whole.jsonl.gz'), path('other.jsonl.gz.partial'));
    const end = await backup('--all', path('other.jsonl.gz'));
    // A sealed draft is a backup that only lacks its name.
    expect([end.code, await isThere(path('other.jsonl.gz'))]).toEqual([5, false]);
  });
});

describe('a full disk', () => {
  it(
    'is told, leaves no file that looks whole, and the backup continues when there is room',
    async () => {
      const [script, limits] = (await canMount()) ? [TMPFS, ['1m', '64m']] : [FILE_LIMIT, ['1024', '131072']];
      const command = tidegateCommand([
        'backup',
        'killed',
        path('small/full.jsonl.gz'),
        '--url',
        source.chromaUrl,
      ]);
      const words = [...script, path('small'), ...limits, ...command];
      const { stdout, stderr } = await runCommand(words);
      expect(stderr).toContain('no room is left');
      expect(stdout).toContain('first ended with 7: full.jsonl.gz.partial\n');
      expect(stdout).toContain('Continuing');
      expect(stdout).toContain('second ended with 0: full.jsonl.gz\n');
    },
    LONG_MS,
  );
});

/** Folder, two sizes, and the command: runs it twice, with little room and with enough. */
const TWICE = `"$@"; echo "first ended with $?: $(ls "$small")"; eval "$more"; "$@"
  echo "second ended with $?: $(ls "$small")"`;
const TMPFS = [
  ...['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c'],
  `small=$1; more="mount -o remount,size=$3 $1"; mkdir -p "$1"; mount -t tmpfs -o size=$2 tmpfs "$1"
  shift 3; ${TWICE}`,
  'sh',
];
const FILE_LIMIT = [
  ...['sh', '-c'],
  `trap '' XFSZ; small=$1; more="ulimit -S -f $3"; mkdir -p "$1"; ulimit -S -f $2; shift 3; ${TWICE}`,
  'sh',
];

async function canMount(): Promise<boolean> {
  const probe = 'mount -t tmpfs -o size=1m tmpfs /tmp';
  const words = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', probe];
  return runCommand(words).then(
    ({ code }) => code === 0,
    () => false,
  );
}

describe('writes go on through Tidegate while a backup is taken through it', () => {
  it(
    'and what nobody touched is in it, what was touched is as it was at one moment',
    async () => {
      const records = (await plainCollection(source.url, 'busy', random, 4_000, 64)).through(source.url);
      let isOver = false;
      const writer = writeUntil(() => isOver, records);
      const end = await runTidegate(['backup', 'busy', path('busy.jsonl.gz'), '--url', source.url]);
      isOver = true;
      await writer;
      expectDone(end);

      const lines = (await linesOf(path('busy.jsonl.gz'), 'id')).map((line) => exact(line) as BusyLine);
      const ids = lines.map(({ id }) => id);
      const listed = (await linesOf(path('busy.jsonl.gz'), 'ids')).flatMap(
        (line) => (JSON.parse(line) as { ids: string[] }).ids,
      );
      expect(ids).toEqual(listed.filter((id) => ids.includes(id)));
      const untouched = Array.from({ length: 4_000 }, (_, place) => place).filter((place) => place % 4 >= 2);
      expect(untouched.filter((place) => !ids.includes(`busy-${place}`))).toEqual([]);
      const torn = lines.filter(({ document, metadata }) => {
        return document?.startsWith('version') && document !== `version ${metadata.version.slice(7)}`;
      });
      expect(torn).toEqual([]);
      expect(lines.some(({ document }) => document?.startsWith('version'))).toBe(true);
      expectDone(await restore(path('busy.jsonl.gz')));
    },
    LONG_MS,
  );
});

interface BusyLine {
  readonly id: string;
  readonly document: string | null;
  readonly metadata: { readonly version: string };
}

/** Updates every fourth record again and again, deletes every other fourth, adds new ones. */
async function writeUntil(isOver: () => boolean, records: Records): Promise<void> {
  for (let version = 0; !isOver(); version++) {
    const place = 4 * random.below(1_000);
    const ids = Array.from({ length: 20 }, (_, index) => `busy-${(place + 4 * index) % 4_000}`);
    const documents = ids.map(() => `version ${version}`);
    accepted(await records.update({ ids, documents, metadatas: ids.map(() => ({ version })) }));
    accepted(await records.delete({ ids: [`busy-${4 * random.below(1_000) + 1}`] }));
    accepted(await records.add({ ids: [`new-${version}`], embeddings: [random.vector(64)] }));
  }
}

async function countOf(url: string, name: string): Promise<unknown> {
  const { id } = (await getJson(url, `${DEFAULT_DATABASE}/collections/${name}`)).json as { id: string };
  return (await getJson(url, `${DEFAULT_DATABASE}/collections/${id}/count`)).json;
}

async function renamed(url: string, name: string, newName: string) {
  const { id } = (await getJson(url, `${DEFAULT_DATABASE}/collections/${name}`)).json as { id: string };
  return callJson(url, 'PUT', `${DEFAULT_DATABASE}/collections/${id}`, { new_name: newName });
}
