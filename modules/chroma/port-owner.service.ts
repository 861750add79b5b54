import { readdir, readFile, readlink } from 'node:fs/promises';

/** State `LISTEN` in `/proc/net/tcp`, and the loopback address as it stands there. */
const LISTEN = '0A';
const LOOPBACK = '0100007F';

/**
 * Whether the process listens on the loopback port, by Linux's `/proc` (proc_net(5)). Where that cannot be
 * read, as on other systems, the process is trusted.
 */
export async function listensOn(pid: number, port: number): Promise<boolean> {
  const table = await readFile('/proc/net/tcp', 'utf8').catch(() => undefined);
  if (table === undefined) return true;
  const inode = listeningInode(table, port);
  if (inode === undefined) return false;
  try {
    const descriptors = await readdir(`/proc/${pid}/fd`);
    const targets = await Promise.all(
      descriptors.map((descriptor) => readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '')),
    );
    return targets.includes(`socket:[${inode}]`);
  } catch {
    // The process is gone.
    return false;
  }
}

function listeningInode(table: string, port: number): string | undefined {
  const address = `${LOOPBACK}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/));
  return rows.find(([, local, , state]) => local === address && state === LISTEN)?.[9];
}
