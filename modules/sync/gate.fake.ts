import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

/** Lets everything run that waits for nothing but its turn. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await nextTurn();
}

/** Lets time pass until something is so. */
export async function eventually(isSo: () => boolean): Promise<void> {
  for (let turn = 0; !isSo(); turn++) {
    if (turn === 10_000) throw new Error('it never came to be');
    await sleep(1);
  }
}

/** A place where calls can be held up, to be let go one by one. */
export class Gate {
  readonly waiting: (() => void)[] = [];
  /** Decides in place of `hold` when a call goes on. */
  wait: (() => Promise<void>) | undefined;
  private held = false;

  hold(): void {
    this.held = true;
  }

  async pass(): Promise<void> {
    await this.wait?.();
    if (this.held) await new Promise<void>((go) => this.waiting.push(go));
  }

  async release(count = this.waiting.length): Promise<void> {
    for (const go of this.waiting.splice(0, count)) go();
    await settled();
  }

  async open(): Promise<void> {
    this.held = false;
    await this.release();
  }
}
