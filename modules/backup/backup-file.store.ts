import { createHash, type Hash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { TidegateError } from '../vector/errors.js';
import { BackupOutline, type BackupMember } from './backup-outline.js';
import { gunzipMember, MEMBER_HEAD_BYTES, memberLength } from './gzip-member.js';
import { SEAL_BYTES, sealMember } from './seal.js';

/** A backup file that is read. Memory: one member at a time. */
export class BackupFile {
  private constructor(
    readonly path: string,
    private readonly handle: FileHandle,
    readonly bytes: number,
  ) {}

  /** @throws TidegateError `not-found` */
  static async open(path: string): Promise<BackupFile> {
    try {
      const handle = await open(path, 'r');
      return new BackupFile(path, handle, (await handle.stat()).size);
    } catch (error) {
      throw new TidegateError('not-found', `${path} cannot be opened: ${String(error)}`, 'check the path', {
        cause: error,
      });
    }
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  /**
   * The members from one byte to another, each verified by its own checksum.
   * @param hash takes in all bytes
   * @throws TidegateError `backup-damaged`
   */
  async *members(start = 0, finish = this.bytes, hash?: Hash): AsyncGenerator<BackupMember, void> {
    for (let at = start; at < finish;) {
      const head = await this.read(at, MEMBER_HEAD_BYTES);
      const length = memberLength(head);
      if (length === undefined || at + length > this.bytes) throw damaged(this.path, at);
      const member = await this.read(at, length);
      const text = await gunzipMember(member).catch((error: unknown) => {
        throw damaged(this.path, at, error);
      });
      hash?.update(member);
      yield { start: at, end: at + length, text };
      at += length;
    }
  }

  /**
   * Reads the whole file: each byte of it is verified by the seal at its end.
   * @returns what is in it, and its SHA-256 as the seal has it
   * @throws TidegateError `backup-damaged`
   */
  async check(onBytes: (done: number) => void): Promise<{ outline: BackupOutline; sha256: string }> {
    const hash = createHash('sha256');
    const outline = new BackupOutline();
    const sealed = Math.max(0, this.bytes - SEAL_BYTES);
    for await (const member of this.members(0, sealed, hash)) {
      this.takeInto(outline, member);
      onBytes(member.end);
    }
    const sha256 = hash.digest('hex');
    const seal = await this.read(sealed, SEAL_BYTES);
    if (!seal.equals(sealMember(sha256)) || !outline.trailer) throw damaged(this.path, sealed);
    onBytes(this.bytes);
    return { outline, sha256 };
  }

  private takeInto(outline: BackupOutline, member: BackupMember): void {
    try {
      outline.take(member);
    } catch (error) {
      if (error instanceof TidegateError) throw error;
      throw damaged(this.path, member.start, error);
    }
  }

  private async read(at: number, bytes: number): Promise<Buffer> {
    const buffer = Buffer.alloc(Math.min(bytes, Math.max(0, this.bytes - at)));
    let filled = 0;
    while (filled < buffer.length) {
      const { bytesRead } = await this.handle.read(buffer, filled, buffer.length - filled, at + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  }
}

function damaged(path: string, at: number, cause?: unknown): TidegateError {
  return new TidegateError(
    'backup-damaged',
    `${path} is damaged, unfinished, or no backup: what begins at byte ${at} is not what was written there`,
    'nothing was restored from it; take another copy of the backup',
    { cause },
  );
}
