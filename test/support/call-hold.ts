import { Transform } from 'node:stream';

/** Keeps back the calls that contain a text, with all that follows on their connections, until it ends. */
export class CallHold {
  private text: string | undefined;
  private readonly waiting: (() => void)[] = [];

  /** Calls that are kept back now. */
  get held(): number {
    return this.waiting.length;
  }

  begin(text: string): void {
    this.text = text;
  }

  /** Lets everything pass from now on, first what was kept back. */
  end(): void {
    this.text = undefined;
    for (const proceed of this.waiting.splice(0)) proceed();
  }

  /** What one connection passes through. */
  gate(): Transform {
    let tail = '';
    return new Transform({
      transform: (piece: Buffer, _encoding, done) => {
        const { text = '' } = this;
        // The text may be cut in two by the network.
        const seen = tail + piece.toString('latin1');
        const found = text !== '' && seen.includes(text);
        tail = found ? '' : seen.slice(1 - Math.max(2, text.length));
        const proceed = () => {
          done(null, piece);
        };
        if (found) this.waiting.push(proceed);
        else proceed();
      },
    });
  }
}
