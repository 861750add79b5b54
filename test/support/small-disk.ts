import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { runInThisContext } from 'node:vm';

const run = promisify(execFile);

/** A folder that takes so many bytes in all, or in each file; `end` gives back what it took. */
export interface SmallDisk {
  readonly folder: string;
  readonly end: () => Promise<void>;
}

/**
 * A tmpfs of this size. It belongs to a process in a mount namespace of its own, so that nobody else sees it,
 * and goes with it.
 * @returns undefined where that is not allowed, as in containers without privileges
 */
export async function smallTmpfs(bytes: number): Promise<SmallDisk | undefined> {
  const mount = `mount -t tmpfs -o size=${bytes} none /mnt && echo mounted && exec cat`;
  for (const user of [[], ['--user', '--map-root-user']]) {
    const owner = spawn('unshare', [...user, '--mount', 'sh', '-c', mount], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const ended = once(owner, 'close');
    const isMounted = await Promise.race([
      once(owner.stdout, 'data').then(() => true),
      ended.then(() => false),
      once(owner, 'error').then(() => false),
    ]);
    if (!isMounted) continue;
    const end = async () => {
      owner.stdin.end();
      await ended;
    };
    return { folder: `/proc/${owner.pid ?? 0}/root/mnt`, end };
  }
  return undefined;
}

/** Lets this process write no file beyond so many bytes, from now on until the end. */
export async function limitFileSize(folder: string, bytes: number): Promise<SmallDisk> {
  outer.on('SIGXFSZ', ignore);
  const limit = (soft: string) => run('prlimit', ['--pid', String(process.pid), `--fsize=${soft}:`]);
  await limit(String(bytes));
  const end = async () => {
    await limit('unlimited');
    outer.off('SIGXFSZ', ignore);
  };
  return { folder, end };
}

/** The process itself: what tests see of it is a copy, whose listeners are told of no signal. */
const outer = runInThisContext('process') as NodeJS.Process;

/** Libraries of Jest's end a process that nobody else listens for; the write fails with EFBIG as well. */
function ignore(): void {
  return undefined;
}
