import type { BackupProgress } from '../../modules/backup/backup-progress.js';
import { progressBar, type ProgressOutput } from '../terminal/progress-bar.js';

/** Bars on a terminal, lines in a log. */
export class TerminalProgress implements BackupProgress {
  constructor(private readonly output: ProgressOutput) {}

  begin(label: string, total: number): (done: number) => void {
    return total === 0 ? () => undefined : progressBar(label, total, this.output);
  }

  say(text: string): void {
    this.output.write(`${text}\n`);
  }
}
