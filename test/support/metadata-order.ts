import { JsonCursor } from '../../modules/vector/json-cursor.js';

/**
 * An answer's text with the members of each metadata sorted: ChromaDB's order is random. Everything else
 * stays as it was written, so that `1` and `1.0` differ.
 */
export function withSortedMetadata(text: string): string {
  const cursor = new JsonCursor(Buffer.from(text));
  const raw = ({ start, end }: { start: number; end: number }) =>
    Buffer.from(cursor.bytes.subarray(start, end)).toString();
  const sortedObject = () => {
    if (cursor.isNull()) return 'null';
    const members: string[] = [];
    cursor.object((key) => void members.push(`${JSON.stringify(key)}:${raw(cursor.value())}`));
    return `{${members.sort().join(',')}}`;
  };
  const columns: string[] = [];
  cursor.object((key) => {
    if (key !== 'metadatas' || cursor.isNull()) {
      columns.push(`"${key}":${key === 'metadatas' ? 'null' : raw(cursor.value())}`);
      return;
    }
    const objects: string[] = [];
    cursor.array(() => void objects.push(sortedObject()));
    columns.push(`"${key}":[${objects.join(',')}]`);
  });
  cursor.end();
  return `{${columns.join(',')}}`;
}
