import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ProofLog } from './support/proof-log.js';
import { seededRandom } from './support/seeded-random.js';
import { BackupDraft } from '../modules/backup/backup-draft.store.js';
import { BackupFile } from '../modules/backup/backup-file.store.js';
import { collectionLine, idsLine, textLine } from '../modules/backup/backup-lines.js';

const CORRUPTIONS = Number(process.env['TEST_BACKUP_CORRUPTIONS'] ?? 1_000);
const DESCRIPTION = Buffer.from('{"id":"1","name":"c","dimension":1,"configuration_json":{"hnsw":{}}}');

const random = seededRandom('backup-file');
const proof = new ProofLog('damaged backup files are refused', 'corruptions', random.seed);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-backup-file-'));
});

afterAll(async () => {
  proof.report();
  await rm(folder, { recursive: true, force: true });
});

function head(format = 1): Buffer {
  return textLine({ backup: { format, started_at: '', source: {}, all: false, collections: [] } });
}

function records(count: number): Buffer[] {
  return Array.from({ length: count }, (_, index) =>
    Buffer.from(
      `{"id":"${index}","document":"${random.next()}","metadata":null,"uri":null,"embedding":[0.5]}\n`,
    ),
  );
}

function end(count: number): Buffer {
  return textLine({ end: { records: count, missing: 0, read_until: '', queries: [] } });
}

const TRAILER = textLine({ trailer: { finished_at: '', collections: 1, records: 4, left_out: [] } });

/** The members of a backup of one collection of four records. */
function members(): Buffer[] {
  const ids = [0, 1, 2, 3].map((id) => Buffer.from(`"${id}"`));
  return [head(), collectionLine(DESCRIPTION, '', 4), idsLine(ids), ...records(4), end(4), TRAILER];
}

async function written(name: string, parts: readonly Buffer[]): Promise<string> {
  const path = join(folder, name);
  const draft = await BackupDraft.open(path);
  for (const part of parts) await draft.append(part);
  await draft.seal();
  await draft.publish();
  await draft.close();
  return path;
}

async function codeOfCheck(path: string): Promise<string> {
  const file = await BackupFile.open(path);
  try {
    await file.check(() => undefined);
    return 'whole';
  } catch (error) {
    return (error as { code: string }).code;
  } finally {
    await file.close();
  }
}

function corrupted(whole: Buffer): Buffer {
  const bytes = Buffer.from(whole);
  const at = random.below(bytes.length);
  switch (random.below(5)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Buffer.concat([bytes, Buffer.from([random.below(256)])]);
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(40))]);
    case 3:
      return Buffer.concat([
        bytes.subarray(0, at),
        bytes.subarray(0, 1 + random.below(40)),
        bytes.subarray(at),
      ]);
    default:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
      return bytes;
  }
}

describe('a backup file', () => {
  it('is whole, and plain gzip', async () => {
    const parts = members();
    const path = await written('whole', parts);
    expect(await codeOfCheck(path)).toBe('whole');
    const text = gunzipSync(await readFile(path)).toString();
    expect(text.startsWith(Buffer.concat(parts).toString())).toBe(true);
    expect(text).toMatch(/\{"seal":\{"sha256":"[0-9a-f]{64}"\}\}\n$/);
  });

  it(`is refused with any damage, of ${CORRUPTIONS} tried`, async () => {
    const whole = await readFile(await written('to-corrupt', members()));
    const path = join(folder, 'corrupted');
    for (let round = 0; round < CORRUPTIONS; round++) {
      const bytes = corrupted(whole);
      if (bytes.equals(whole)) continue;
      await writeFile(path, bytes);
      await proof.run(async () => {
        expect([round, await codeOfCheck(path)]).toEqual([round, 'backup-damaged']);
      });
    }
  });

  it('is refused with each single bit changed', async () => {
    const whole = await readFile(await written('bits', members()));
    const path = join(folder, 'bit');
    const kept: number[] = [];
    for (let at = 0; at < whole.length; at++) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
      await writeFile(path, bytes);
      if ((await codeOfCheck(path)) !== 'backup-damaged') kept.push(at);
    }
    expect(kept).toEqual([]);
  });

  it('of another format is refused as such', async () => {
    const draft = await BackupDraft.open(join(folder, 'format'));
    await expect(draft.append(head(2))).rejects.toMatchObject({ code: 'backup-refused' });
    await draft.close();
  });

  it.each([
    ['a count that is wrong', [...members().slice(0, 7), end(5), TRAILER]],
    ['records before the listing is whole', [head(), collectionLine(DESCRIPTION, '', 4), ...records(1)]],
    ['no head', members().slice(1)],
    ['an unknown line', [head(), textLine({ other: 1 })]],
  ])('is not written with %s', async (name, parts) => {
    await expect(written(name, parts)).rejects.toMatchObject({ code: 'backup-damaged' });
  });
});

describe('a draft', () => {
  it('is continued behind its last whole member, wherever it was cut', async () => {
    const parts = members();
    const whole = await readFile(await written('cut', parts));
    for (let round = 0; round < 50; round++) {
      const path = join(folder, `cut-${round}`);
      await writeFile(`${path}.partial`, whole.subarray(0, random.below(whole.length)));
      const draft = await BackupDraft.open(path);
      const done = await membersIn(`${path}.partial`);
      for (const part of parts.slice(done)) await draft.append(part);
      await draft.seal();
      await draft.publish();
      await draft.close();
      expect((await readFile(path)).equals(whole)).toBe(true);
    }
  });

  it('does not begin where the file exists', async () => {
    const path = await written('exists', members());
    await expect(BackupDraft.open(path)).rejects.toMatchObject({ code: 'backup-refused' });
    expect((await stat(path)).size).toBeGreaterThan(0);
  });

  it('gives its listing back', async () => {
    const draft = await BackupDraft.open(join(folder, 'listing'));
    for (const part of members().slice(0, 5)) await draft.append(part);
    const ids: string[] = [];
    for await (const id of draft.listing()) ids.push(id);
    expect(ids).toEqual(['0', '1', '2', '3']);
    await draft.close();
  });
});

async function membersIn(path: string): Promise<number> {
  const file = await BackupFile.open(path);
  let count = 0;
  for await (const member of file.members()) if (member.end > 0) count++;
  await file.close();
  return count;
}
