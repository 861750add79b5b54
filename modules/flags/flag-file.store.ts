import { appendFile, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Who changed the flags, when, and the documents before and after. */
export interface FlagChange {
  readonly at: string;
  readonly by: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** The flag file `flags.json` of the data folder and its append-only audit `flags-audit.jsonl`. */
export class FlagFile {
  private readonly path: string;
  private readonly auditPath: string;

  constructor(private readonly folder: string) {
    this.path = join(folder, 'flags.json');
    this.auditPath = join(folder, 'flags-audit.jsonl');
  }

  /** The file's text, or undefined when there is none yet. */
  async read(): Promise<string | undefined> {
    try {
      return await readFile(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Replaces the file whole: a reader sees the old text or the new one, never a part. */
  async write(text: string): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    const draft = `${this.path}.${process.pid}.tmp`;
    await writeFile(draft, text);
    await rename(draft, this.path);
  }

  async audit(change: FlagChange): Promise<void> {
    await appendFile(this.auditPath, `${JSON.stringify(change)}\n`);
  }

  /** Changes whenever the file does; undefined when there is none. */
  async stamp(): Promise<string | undefined> {
    try {
      const { mtimeNs, size, ino } = await stat(this.path, { bigint: true });
      return `${mtimeNs}-${size}-${ino}`;
    } catch {
      return undefined;
    }
  }
}
