import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PROJECT_ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOREIGN = /^(TIDEGATE_|JEST_|NODE_OPTIONS$|NODE_ENV$)/;

/** How a run of the command line ended, and what it printed. */
export interface CommandEnd {
  /** `null` when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The words that run Tidegate's command line from `dist/`. */
export function tidegateCommand(args: readonly string[]): readonly string[] {
  return [process.execPath, 'dist/src/cli/main.js', ...args];
}

/** Runs `tidegate` with these arguments. */
export function runTidegate(args: readonly string[], killAfterMs?: number): Promise<CommandEnd> {
  return runCommand(tidegateCommand(args), killAfterMs);
}

/** Runs a program to its end. @param killAfterMs kills it, as `kill -9` does, unless it ended before */
export function runCommand([program = '', ...args]: readonly string[], killAfterMs?: number) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN.test(name)));
  const child = spawn(program, args, { cwd: PROJECT_ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const printed = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (printed.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (printed.stderr += chunk.toString()));
  const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  return new Promise<CommandEnd>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, ...printed });
    });
  });
}
