import { createHash, type Hash } from 'node:crypto';
import { access, open, rename, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TidegateError } from '../vector/errors.js';
import { BackupFile } from './backup-file.store.js';
import { BackupOutline } from './backup-outline.js';
import { gzipMember } from './gzip-member.js';
import { sealMember } from './seal.js';

/** A backup that is not whole yet: `<file>.partial`, to which members are appended. */
export class BackupDraft {
  outline = new BackupOutline();
  private bytes = 0;
  private hash = createHash('sha256');

  private constructor(
    private readonly file: string,
    private readonly handle: FileHandle,
  ) {}

  get path(): string {
    return draftPath(this.file);
  }

  /**
   * Opens the draft of a file, a new one where there is none. What a killed process left unfinished at its
   * end is cut off.
   * @throws TidegateError `backup-refused` when the file itself exists, `backup-not-written`
   */
  static async open(file: string): Promise<BackupDraft> {
    if (await exists(file)) {
      throw new TidegateError('backup-refused', `${file} exists`, 'name another file, or move it away');
    }
    return writing(draftPath(file), async () => {
      const draft = new BackupDraft(file, await open(draftPath(file), 'a'));
      await draft.takeUp();
      return draft;
    });
  }

  /** Appends lines as one member. @throws TidegateError `backup-not-written` */
  async append(text: Buffer): Promise<void> {
    await this.write(await gzipMember(text), text);
  }

  /** Gives up all behind this byte, at which a member ends. */
  async cutOff(at: number): Promise<void> {
    await writing(this.path, () => this.handle.truncate(at));
    await this.takeUp();
  }

  /** The ids of the listing of the collection that is under way. */
  async *listing(): AsyncGenerator<string, void> {
    const section = this.outline.open();
    const file = await BackupFile.open(this.path);
    let left = section?.listed ?? 0;
    try {
      for await (const { text } of file.members(section?.start)) {
        for (const line of text.toString().split('\n')) {
          if (left === 0) return;
          if (!line.startsWith('{"ids":')) continue;
          const { ids } = JSON.parse(line) as { ids: string[] };
          left -= ids.length;
          yield* ids;
        }
      }
    } finally {
      await file.close();
    }
  }

  /** Seals the draft where it is not sealed yet: from now on every byte of it can be verified. */
  async seal(): Promise<void> {
    if (!this.outline.isSealed) {
      const seal = sealMember(this.hash.copy().digest('hex'));
      await this.write(seal, Buffer.of());
      this.outline.isSealed = true;
    }
    await writing(this.path, () => this.handle.sync());
  }

  /** The draft takes the file's name, durably. */
  async publish(): Promise<void> {
    await writing(this.path, async () => {
      await rename(this.path, this.file);
      const folder = await open(dirname(this.file), 'r');
      await folder.sync().finally(() => folder.close());
    });
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  private async write(member: Buffer, text: Buffer): Promise<void> {
    await writing(this.path, async () => {
      try {
        await this.handle.appendFile(member);
      } catch (error) {
        // A full disk takes a part: what stays behind is whole again.
        await this.handle.truncate(this.bytes);
        throw error;
      }
    });
    const start = this.bytes;
    this.bytes += member.length;
    this.hash.update(member);
    this.outline.take({ start, end: this.bytes, text });
  }

  /** Reads what is there, up to the first member that is not whole, and continues behind it. */
  private async takeUp(): Promise<void> {
    const { outline, bytes, hash } = await readWholeMembers(this.path);
    this.outline = outline;
    this.bytes = bytes;
    this.hash = hash;
    await this.handle.truncate(bytes);
  }
}

function draftPath(file: string): string {
  return `${file}.partial`;
}

async function readWholeMembers(path: string) {
  const outline = new BackupOutline();
  const hash: Hash = createHash('sha256');
  const file = await BackupFile.open(path);
  let bytes = 0;
  try {
    for await (const member of file.members(0, file.bytes, hash)) {
      outline.take(member);
      bytes = member.end;
    }
  } catch (error) {
    if (!(error instanceof TidegateError && error.code === 'backup-damaged')) throw error;
  } finally {
    await file.close();
  }
  return { outline, bytes, hash };
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function writing<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof TidegateError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const isFull = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
    throw new TidegateError(
      'backup-not-written',
      isFull ? `no room is left for ${path}` : `${path} cannot be written: ${String(error)}`,
      isFull ? 'make room and run the same command again: it continues' : 'check the folder and its rights',
      { cause: error },
    );
  }
}
