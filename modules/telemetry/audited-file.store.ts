import { appendFile, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Who changed what operators decide, when, and what it was before and after. */
export interface AuditedChange {
  readonly at: string;
  readonly by: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** A file of the data folder with what operators decide, `NAME.json`, and its audit `NAME-audit.jsonl`. */
export class AuditedFile {
  readonly path: string;

  private readonly auditPath: string;

  constructor(
    private readonly folder: string,
    name: string,
  ) {
    this.path = join(folder, `${name}.json`);
    this.auditPath = join(folder, `${name}-audit.jsonl`);
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

  /**
   * Replaces the file whole: a reader sees the old text or the new one, never a part.
   * @param aside where the old one is kept; undefined gives it up
   */
  async write(text: string, aside?: string): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    const draft = `${this.path}.${process.pid}.tmp`;
    await writeFile(draft, text);
    if (aside !== undefined) await rename(this.path, aside);
    await rename(draft, this.path);
  }

  async audit(change: AuditedChange): Promise<void> {
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
