import { parseArgs } from 'node:util';
import { checkBackup } from '../../modules/backup/backup-check.job.js';
import { ChromaCollections } from '../../modules/backup/chroma-collections.service.js';
import { RestoreJob } from '../../modules/backup/restore.job.js';
import type { Command } from './command.js';
import type { ProgressOutput } from '../terminal/progress-bar.js';
import { EXIT, EXIT_CODES_HELP, UsageError } from './exit-codes.js';
import { STORE_OPTIONS, STORE_OPTIONS_HELP, storeAddress } from './store-options.js';
import { TerminalProgress } from './terminal-progress.js';

const HELP = `Usage: tidegate restore <file> [options]

Verifies every byte of a backup, then brings its collections back. Each is filled under another name, compared
with the backup record by record, and takes its own name when all are whole. The same command continues after
an interruption. A collection that has the name already is refused, unless its records are the backup's.

Options:
  --check              only verifies the file, and tells what is in it; needs no store
  --collection NAME    only this one of the backup
  --as NAME            restores the one collection under this name
  --replace            a collection that has the name already is deleted, once the restored one is whole
  --other-configuration
                       takes the store's own where it cannot give a collection its configuration
${STORE_OPTIONS_HELP}
${EXIT_CODES_HELP}`;

/** `tidegate restore` */
export const runRestore: Command = async (args, out) => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...STORE_OPTIONS,
      check: { type: 'boolean', default: false },
      collection: { type: 'string' },
      as: { type: 'string' },
      replace: { type: 'boolean', default: false },
      'other-configuration': { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    out.write(HELP);
    return EXIT.done;
  }
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) throw new UsageError('one file is needed');
  if (values.check) return tellContents(file, out);
  const store = new ChromaCollections(storeAddress(values));
  const reports = await new RestoreJob(store, new TerminalProgress(out)).run(file, {
    collection: values.collection,
    as: values.as,
    replaces: values.replace,
    takesOtherConfiguration: values['other-configuration'],
  });
  for (const { name, records, added, overlap } of reports) {
    const percent = Math.round(overlap * 100);
    const found = `sampled queries find ${percent} % of what they found`;
    out.write(`${name}: ${records} records, ${added} of them added now, all as in the file; ${found}\n`);
  }
  return EXIT.done;
};

async function tellContents(file: string, out: ProgressOutput): Promise<number> {
  const { outline, sha256, bytes } = await checkBackup(file, new TerminalProgress(out));
  out.write(`${file}: whole, ${bytes} bytes, sealed with SHA-256 ${sha256}\n`);
  for (const { shape, listedAt, end } of outline.sections) {
    const until = end?.read_until ?? '';
    out.write(`${shape.name}: ${end?.records ?? 0} records, of ${listedAt} to ${until}\n`);
  }
  return EXIT.done;
}
