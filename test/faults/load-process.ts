import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../support/project-root.js';
import { inheritedEnv } from '../support/tidegate-process.js';
import type { LoadPlan, LoadRecord, LoadReport } from './load-record.js';

const ENTRY = join(PROJECT_ROOT, 'dist/test/faults/load-main.js');

/** The load in its own process, and what it has reported. */
export class LoadProcess {
  readonly records: LoadRecord[] = [];
  skipped = 0;

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (message) => {
      const { records, skipped } = message as LoadReport;
      for (const record of records) this.records.push(record);
      this.skipped += skipped;
    });
  }

  static start(plan: LoadPlan): LoadProcess {
    const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const;
    return new LoadProcess(
      spawn(process.execPath, [ENTRY, JSON.stringify(plan)], { env: inheritedEnv(), stdio: [...stdio] }),
    );
  }

  /** Resolves when all requests have ended and were reported. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null)
      throw new Error('the load died before its time');
    const ended = once(this.child, 'exit');
    this.child.send('stop');
    const [code] = (await ended) as [number | null];
    if (code !== 0) throw new Error(`the load ended with ${String(code)}`);
  }
}
