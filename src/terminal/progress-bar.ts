const WIDTH = 30;
const QUARTERS = 4;
/** Clears what a longer line before left behind. */
const CLEAR_TO_END = '\x1b[K';

/** Where progress is shown; standard output is one. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Tells how many are done; a terminal shows the note beside it. */
export type ShowProgress = (done: number, note?: string) => void;

/** Returns a function to be told how many are done: a terminal shows a bar, a log a line per quarter. */
export function progressBar(label: string, total: number, output: ProgressOutput): ShowProgress {
  return output.isTTY === true ? movingBar(label, total, output) : quarterLines(label, total, output);
}

function movingBar(label: string, total: number, output: ProgressOutput): ShowProgress {
  return (done, note = '') => {
    const filled = Math.round((WIDTH * done) / total);
    const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
    const end = done >= total ? '\n' : '';
    output.write(`\r${label} ${bar} ${done}/${total}${note && `  ${note}`}${CLEAR_TO_END}${end}`);
  };
}

function quarterLines(label: string, total: number, output: ProgressOutput): ShowProgress {
  let shown = 0;
  return (done) => {
    const quarter = Math.floor((QUARTERS * done) / total);
    if (quarter <= shown) return;
    shown = quarter;
    output.write(`${label} ${quarter * (100 / QUARTERS)} % (${done}/${total})\n`);
  };
}
