import { crc32 } from 'node:zlib';
import type { CollectionId } from '../vector/collection-id.js';

/**
 * One line of the journal. `collection` null: any of them. `ids` are those of the records that may have
 * changed; null for any.
 */
export type JournalEntry =
  /** A process began to write this journal, on a system that was started under this id. */
  | { readonly kind: 'opened'; readonly boot: string | null }
  /** A call that changes something is about to be sent. */
  | {
      readonly kind: 'sent';
      readonly write: number;
      readonly collection: CollectionId | null;
      readonly ids: readonly string[] | null;
    }
  /** It ended, and the mirrors follow it; `doubtedAt` (epoch ms) where nobody knows how it ended. */
  | { readonly kind: 'ended'; readonly write: number; readonly doubtedAt?: number }
  /** The collection is in doubt from before this journal began. */
  | { readonly kind: 'doubted'; readonly collection: CollectionId | null; readonly doubtedAt: number }
  | { readonly kind: 'settled'; readonly collection: CollectionId | null }
  /** A snapshot is about to be taken; `ids` may be missing from it. */
  | {
      readonly kind: 'marked';
      readonly collection: CollectionId;
      readonly mark: string;
      readonly ids: readonly string[] | null;
    }
  /** The snapshot of this mark is the collection's only one; undefined: it has none. */
  | { readonly kind: 'kept'; readonly collection: CollectionId; readonly mark?: string }
  /** The snapshot of this mark was not taken after all. */
  | { readonly kind: 'unmarked'; readonly collection: CollectionId; readonly mark: string }
  /** The process ended in order. */
  | { readonly kind: 'closed' };

const CHECKSUM_DIGITS = 8;

/** The entry as a line of text: checksum, space, JSON. */
export function writeEntry(entry: JournalEntry): string {
  return `${lineOf(JSON.stringify(entry))}\n`;
}

/**
 * The entries of a journal's text. A last line without an end was being written when the process died, and
 * what it was to announce was not done: it is left out.
 * @returns undefined when any other line is not as it was written
 */
export function readEntries(text: string): JournalEntry[] | undefined {
  const lines = text.split('\n');
  lines.pop();
  const entries: JournalEntry[] = [];
  for (const line of lines) {
    const json = line.slice(CHECKSUM_DIGITS + 1);
    if (line !== lineOf(json)) return undefined;
    entries.push(JSON.parse(json) as JournalEntry);
  }
  return entries;
}

function lineOf(json: string): string {
  return `${crc32(json).toString(16).padStart(CHECKSUM_DIGITS, '0')} ${json}`;
}
