const WIDTH = 30;
const QUARTERS = 4;

/** Where progress is shown; standard output is one. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Returns a function to be told how many are done: a terminal shows a bar, a log a line per quarter. */
export function progressBar(label: string, total: number, output: ProgressOutput): (done: number) => void {
  return output.isTTY === true ? movingBar(label, total, output) : quarterLines(label, total, output);
}

function movingBar(label: string, total: number, output: ProgressOutput): (done: number) => void {
  return (done) => {
    const filled = Math.round((WIDTH * done) / total);
    const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
    output.write(`\r${label} ${bar} ${done}/${total}${done >= total ? '\n' : ''}`);
  };
}

function quarterLines(label: string, total: number, output: ProgressOutput): (done: number) => void {
  let shown = 0;
  return (done) => {
    const quarter = Math.floor((QUARTERS * done) / total);
    if (quarter <= shown) return;
    shown = quarter;
    output.write(`${label} ${quarter * (100 / QUARTERS)} % (${done}/${total})\n`);
  };
}
