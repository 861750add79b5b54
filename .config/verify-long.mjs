import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The long proofs, one after the other, or those whose specs are named as arguments: a spec, and how much of
 * it where the environment does not say so. Each reports its figures (ProofLog).
 */
const PROOFS = [
  // In parts: every collection that was ever used is looked at when an administrative call is in doubt.
  ...Array(4).fill({ spec: 'test/model.spec.ts', env: { TEST_MODEL_SEQUENCES: '125' } }),
  { spec: 'test/kill.spec.ts', env: { TEST_KILLS: '200' } },
  { spec: 'test/snapshot-corruption.spec.ts', env: { TEST_CORRUPTIONS: '1000' } },
  { spec: 'test/snapshot-full-disk.spec.ts', env: {} },
  { spec: 'test/backup.spec.ts', env: { TEST_BACKUP_KILLS: '20' } },
  { spec: 'test/backup-file.spec.ts', env: { TEST_BACKUP_CORRUPTIONS: '1000' } },
  { spec: 'test/insert-parity.spec.ts', env: { TEST_INSERTS: '20000' } },
  { spec: 'test/filter-parity.spec.ts', env: { TEST_FILTERS: '50000' } },
  { spec: 'test/get-parity.spec.ts', env: { TEST_GETS: '20000' } },
  { spec: 'test/overload.spec.ts', env: { TEST_OVERLOAD_SECONDS: '20' } },
];

const projectRoot = new URL('..', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'tidegate-proofs-'));

/** Runs one spec; its rows, of which one says so where the spec failed or reported nothing. */
function prove({ spec, env }) {
  const figuresFile = join(folder, 'figures.jsonl');
  writeFileSync(figuresFile, '');
  const jest = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js'];
  const { status } = spawnSync(
    process.execPath,
    [...jest, '--config', '.config/jest.config.mjs', '--runTestsByPath', spec],
    { cwd: projectRoot, stdio: 'inherit', env: { ...env, ...process.env, TEST_PROOFS_FILE: figuresFile } },
  );
  const lines = readFileSync(figuresFile, 'utf8').split('\n').filter(Boolean);
  const rows = lines.map((line) => JSON.parse(line));
  const passed = status === 0 && rows.length > 0 && rows.every(({ failures }) => failures === 0);
  return { rows: rows.length > 0 ? rows : [{ proof: spec }], passed };
}

function rowOf({ proof, cases, unit, failures, seed, seconds }, passed) {
  const amount = cases === undefined ? 'no figures' : `${cases} ${unit}`;
  return [proof, amount, failures ?? '', seed ?? '', seconds ?? '', passed ? 'passed' : 'FAILED'].map(String);
}

function print(table) {
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  for (const row of table) {
    process.stdout.write(`${row.map((text, column) => text.padEnd(widths[column] + 2)).join('')}\n`);
  }
}

const named = process.argv.slice(2);
const proved = PROOFS.filter(({ spec }) => named.length === 0 || named.includes(spec)).map(prove);
rmSync(folder, { recursive: true });
print([
  ['proof', 'amount', 'failures', 'TEST_SEED', 'seconds', ''],
  ...proved.flatMap(({ rows, passed }) => rows.map((row) => rowOf(row, passed))),
]);
process.exitCode = proved.every(({ passed }) => passed) ? 0 : 1;
