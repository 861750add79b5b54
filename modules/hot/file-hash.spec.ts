import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileHash, hashFile } from './file-hash.js';

const MIB = 1024 * 1024;

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-hash-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function hashed(bytes: Buffer, see?: (piece: Buffer) => void) {
  const path = join(folder, 'file');
  await writeFile(path, bytes);
  const file = await open(path);
  try {
    return await hashFile(file, see);
  } finally {
    await file.close();
  }
}

function pushed(bytes: Buffer, step: number) {
  const hash = new FileHash();
  for (let at = 0; at < bytes.length; at += step) hash.push(bytes.subarray(at, at + step));
  return hash.digest();
}

describe('the hash of a file', () => {
  it.each([0, 1, MIB - 1, MIB, MIB + 1, 9 * MIB + 12_345])(
    'of %d bytes is the same written and read, in whatever portions',
    async (length) => {
      const bytes = randomBytes(length);
      const read = await hashed(bytes);
      expect(read.bytes).toBe(length);
      for (const step of [700_001, MIB, 3 * MIB]) expect(pushed(bytes, step)).toEqual(read);
    },
  );

  it('is another one when any bit is', async () => {
    const bytes = randomBytes(6 * MIB + 5);
    const whole = await hashed(bytes);
    for (const at of [0, MIB - 1, MIB, 3 * MIB + 7, bytes.length - 1]) {
      const damaged = Buffer.from(bytes);
      damaged.writeUInt8(bytes.readUInt8(at) ^ 1, at);
      expect(await hashed(damaged)).not.toEqual(whole);
    }
  });

  it('is another one when pieces change places', () => {
    const [one, two] = [randomBytes(MIB), randomBytes(MIB)];
    expect(pushed(Buffer.concat([one, two]), MIB)).not.toEqual(pushed(Buffer.concat([two, one]), MIB));
  });

  it('shows every piece in order', async () => {
    const bytes = randomBytes(7 * MIB + 3);
    const pieces: Buffer[] = [];
    await hashed(bytes, (piece) => pieces.push(Buffer.from(piece)));
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  });
});
