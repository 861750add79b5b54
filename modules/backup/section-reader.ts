import type { BackupFile } from './backup-file.store.js';
import { isRecordLine, linesOf } from './backup-lines.js';
import type { Section } from './backup-outline.js';
import { parseRecordLine, type RawRecord } from './raw-record.js';

/** A collection's records in a backup, in pages of one member each, `before` of them earlier. */
export async function* recordPages(
  file: BackupFile,
  section: Section,
): AsyncGenerator<{ readonly records: readonly RawRecord[]; readonly before: number }, void> {
  let before = 0;
  for await (const { text } of file.members(section.start, section.finish)) {
    const records = [...linesOf(text)].flatMap((line) =>
      isRecordLine(line) ? (parseRecordLine(line) ?? []) : [],
    );
    if (records.length > 0) yield { records, before };
    before += records.length;
  }
}
