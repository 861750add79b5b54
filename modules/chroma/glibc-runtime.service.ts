import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Log, messageOf } from '../telemetry/log.service.js';
import { TidegateError } from '../vector/errors.js';
import { isOlderVersion, renameSuites } from './debian-suites.js';

const run = promisify(execFile);

/** ChromaDB's binding for Linux is linked against this version of the C library. */
const NEEDED_GLIBC = '2.38';
/** The Debian release whose C library is new enough, and the packages that hold it. */
const NEWER_SUITE = 'trixie';
const PACKAGES = ['libc6', 'libstdc++6', 'libgcc-s1'];
const STEP_TIMEOUT_MS = 300_000;

const LOADERS: Partial<Record<string, { readonly folder: string; readonly loader: string }>> = {
  x64: { folder: 'usr/lib/x86_64-linux-gnu', loader: 'ld-linux-x86-64.so.2' },
  arm64: { folder: 'usr/lib/aarch64-linux-gnu', loader: 'ld-linux-aarch64.so.1' },
};

/**
 * What to put before `node` so that ChromaDB's native binding loads. Nothing where the system's C library is
 * new enough; otherwise the loader of a newer one, which is unpacked into `folder`, never into the system.
 * @throws TidegateError `embedded-store-impossible` where neither works
 */
export async function chromaCommandPrefix(folder: string, log: Log): Promise<readonly string[]> {
  if (process.platform !== 'linux') return [];
  const present = glibcVersion();
  if (present !== undefined && !isOlderVersion(present, NEEDED_GLIBC)) return [];
  const parts = LOADERS[process.arch];
  if (present === undefined || parts === undefined)
    throw impossible('this system has no glibc that is known here');
  const root = join(folder, `glibc-${NEWER_SUITE}-${process.arch}`);
  const library = join(root, parts.folder);
  const loader = join(library, parts.loader);
  if (!(await exists(loader))) {
    log.info('glibc-unpacking', { present, needed: NEEDED_GLIBC, folder: root });
    await unpackNewerGlibc(folder, root);
  }
  return [loader, '--library-path', library];
}

function glibcVersion(): string | undefined {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime;
}

async function unpackNewerGlibc(folder: string, root: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const scratch = await mkdtemp(join(folder, 'unpacking-'));
  try {
    await download(scratch);
    const unpacked = join(scratch, 'root');
    for (const file of await readdir(scratch)) {
      if (file.endsWith('.deb')) await step('dpkg-deb', ['-x', join(scratch, file), unpacked], scratch);
    }
    await moveIntoPlace(unpacked, root);
  } catch (error) {
    throw error instanceof TidegateError ? error : impossible(messageOf(error), error);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Fetches the packages with all of apt's state in `scratch`, from the system's own sources. */
async function download(scratch: string): Promise<void> {
  const sources = join(scratch, 'sources');
  await mkdir(join(scratch, 'state', 'lists', 'partial'), { recursive: true });
  await mkdir(join(scratch, 'cache', 'archives', 'partial'), { recursive: true });
  await mkdir(sources);
  await writeNewerSources(sources);
  const options = [
    'Dir::Etc::SourceList=/dev/null',
    `Dir::Etc::SourceParts=${sources}`,
    `Dir::State=${join(scratch, 'state')}`,
    'Dir::State::Status=/var/lib/dpkg/status',
    `Dir::Cache=${join(scratch, 'cache')}`,
    'APT::Sandbox::User=',
  ].flatMap((option) => ['-o', option]);
  await step('apt-get', [...options, 'update'], scratch);
  await step('apt-get', [...options, 'download', ...PACKAGES], scratch);
}

/** The system's own source lists with the release's name replaced, so that no host need be named here. */
async function writeNewerSources(folder: string): Promise<void> {
  const release = /^VERSION_CODENAME=(\w+)/m.exec(await readFile('/etc/os-release', 'utf8'))?.[1];
  if (release === undefined || !(await exists('/etc/debian_version'))) {
    throw impossible('this system is not a Debian, whose packages could supply a newer C library');
  }
  const parts = await readdir('/etc/apt/sources.list.d').catch(() => []);
  const files = ['/etc/apt/sources.list', ...parts.map((name) => join('/etc/apt/sources.list.d', name))];
  let written = 0;
  for (const file of files.filter((name) => /\.(list|sources)$/.test(name))) {
    const text = renameSuites(await readFile(file, 'utf8').catch(() => ''), release, NEWER_SUITE);
    if (text === undefined) continue;
    await writeFile(join(folder, `${written++}.${file.endsWith('.list') ? 'list' : 'sources'}`), text);
  }
  if (written === 0) throw impossible(`no apt source of the release ${release} was found`);
}

/** Another process may have been quicker; its copy is as good. */
async function moveIntoPlace(unpacked: string, root: string): Promise<void> {
  try {
    await rename(unpacked, root);
  } catch (error) {
    if (!(await exists(root))) throw error;
  }
}

async function step(command: string, args: readonly string[], cwd: string): Promise<void> {
  await run(command, args, { cwd, timeout: STEP_TIMEOUT_MS });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function impossible(detail: string, cause?: unknown): TidegateError {
  return new TidegateError(
    'embedded-store-impossible',
    `the embedded ChromaDB needs glibc ${NEEDED_GLIBC} or newer: ${detail}`,
    'set TIDEGATE_CHROMA_URL to a running ChromaDB, or use docker compose up',
    { cause },
  );
}
