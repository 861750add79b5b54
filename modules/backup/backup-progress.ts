/** Told how a backup or a restoration goes on. */
export interface BackupProgress {
  /** A long step begins; the function that is returned is told how much of it is done. */
  begin(label: string, total: number): (done: number) => void;
  say(text: string): void;
}
