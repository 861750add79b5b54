/** A column of a table: its heading, its greatest width and the side its cells lean to. */
export interface Column {
  readonly heading: string;
  readonly maxWidth: number;
  readonly align: 'left' | 'right';
}

/** Lays out rows under their headings. What is too wide for its column is cut and ends in an ellipsis. */
export function layOutTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => columns.map((column, at) => cut(row[at] ?? '', column.maxWidth)));
  const widths = columns.map(({ heading }, at) =>
    Math.max(heading.length, ...cells.map((row) => row[at]?.length ?? 0)),
  );
  const lineOf = (row: readonly string[]) =>
    columns
      .map(({ align }, at) => pad(row[at] ?? '', widths[at] ?? 0, align))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  return [lineOf(columns.map((column) => column.heading)), rule, ...cells.map(lineOf)].join('\n');
}

/** Cuts a text to a width; the ellipsis says that there was more. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1).trimEnd()}…`;
}

function pad(text: string, width: number, align: Column['align']): string {
  return align === 'left' ? text.padEnd(width) : text.padStart(width);
}
