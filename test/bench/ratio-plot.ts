import type { Row } from './results.js';

const WIDTH = 760;
const LABEL_WIDTH = 300;
const VALUE_WIDTH = 70;
const BAR_HEIGHT = 14;
const LINE_HEIGHT = 20;
const TOP = 34;
const FASTER = '#2f7d6b';
const FONT = 'font-family="sans-serif" font-size="12"';
const SLOWER = '#b3543c';

/** How many times as fast as ChromaDB, on a logarithmic scale; what is left of the line is slower. */
export function ratioPlot(title: string, rows: readonly Row[], speedOf: (row: Row) => number): string {
  const speeds = rows.map(speedOf);
  const widest = Math.max(1, ...speeds.map((speed) => Math.abs(Math.log10(speed))));
  const least = Math.min(0, ...speeds.map((speed) => Math.log10(speed)));
  const room = WIDTH - LABEL_WIDTH - VALUE_WIDTH;
  const scale = room / (widest - least);
  const zero = LABEL_WIDTH - least * scale;
  const height = TOP + rows.length * LINE_HEIGHT + 10;
  const bars = rows.map((row, place) =>
    barOf(row, speeds[place] ?? 1, zero, scale, TOP + place * LINE_HEIGHT),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" ${FONT}>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="10" y="20" font-size="14">${escaped(title)}</text>`,
    ...bars,
    `<line x1="${fixed(zero)}" y1="${TOP - 4}" x2="${fixed(zero)}" y2="${height - 6}" stroke="#444444"/>`,
    '</svg>',
    '',
  ].join('\n');
}

function barOf(row: Row, speed: number, zero: number, scale: number, top: number): string {
  const length = Math.log10(speed) * scale;
  const from = Math.min(zero, zero + length);
  const label = escaped(`${row.title}, ${row.clients}`.replaceAll('`', ''));
  const middle = top + BAR_HEIGHT - 3;
  const size = `width="${fixed(Math.abs(length))}" height="${BAR_HEIGHT}"`;
  const beside = fixed(Math.max(zero, zero + length) + 5);
  return [
    `<text x="${LABEL_WIDTH - 8}" y="${middle}" text-anchor="end">${label}</text>`,
    `<rect x="${fixed(from)}" y="${top}" ${size} fill="${speed >= 1 ? FASTER : SLOWER}"/>`,
    `<text x="${beside}" y="${middle}">${Number(speed.toPrecision(2))}×</text>`,
  ].join('');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function fixed(value: number): string {
  return value.toFixed(1);
}
