import { parseArgs } from 'node:util';
import { BackupJob } from '../../modules/backup/backup.job.js';
import type { CheckedBackup } from '../../modules/backup/backup-check.job.js';
import { ChromaCollections } from '../../modules/backup/chroma-collections.service.js';
import type { Command } from './command.js';
import { EXIT, EXIT_CODES_HELP, UsageError } from './exit-codes.js';
import { STORE_OPTIONS, STORE_OPTIONS_HELP, storeAddress } from './store-options.js';
import { TerminalProgress } from './terminal-progress.js';

const HELP = `Usage: tidegate backup <collection> <file> [options]
       tidegate backup --all <file> [options]

Writes one collection, or all of a database, into one file: gzip over lines of JSON. Until it is whole and
verified it is <file>.partial; the same command continues from there after an interruption.

Options:
  --all                every collection of the database
${STORE_OPTIONS_HELP}
${EXIT_CODES_HELP}`;

/** `tidegate backup` */
export const runBackup: Command = async (args, out) => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { ...STORE_OPTIONS, all: { type: 'boolean', default: false } },
  });
  if (values.help) {
    out.write(HELP);
    return EXIT.done;
  }
  const [name, file] = values.all ? [undefined, ...positionals] : positionals;
  if (file === undefined || positionals.length > (values.all ? 1 : 2)) {
    throw new UsageError('a collection, or --all, and a file are needed');
  }
  const store = new ChromaCollections(storeAddress(values));
  const checked = await new BackupJob(store, new TerminalProgress(out)).run(name, file);
  out.write(`${describeBackup(file, checked)}\n`);
  return EXIT.done;
};

function describeBackup(file: string, { outline, sha256, bytes, samples }: CheckedBackup): string {
  const missing = outline.sections.reduce((sum, { end }) => sum + (end?.missing ?? 0), 0);
  const leftOut = outline.trailer?.left_out ?? [];
  const { length } = outline.sections;
  const sampled = `${samples.same} of ${samples.compared} sampled records`;
  const lines = [
    `${file}: ${length} collections, ${outline.trailer?.records ?? 0} records, ${bytes} bytes`,
    `sealed with SHA-256 ${sha256}; ${sampled} are as in the store`,
  ];
  if (missing > 0) lines.push(`${missing} records were deleted while it was taken, and are not in it`);
  if (leftOut.length > 0) lines.push(`deleted before their turn: ${leftOut.join(', ')}`);
  return lines.join('\n');
}
