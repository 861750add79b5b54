import { encodeManifest, type SnapshotManifest } from '../../modules/hot/snapshot-manifest.js';
import type { SeededRandom } from './seeded-random.js';

/** A snapshot's folder: bytes by the name of the file. */
export type SnapshotFolder = ReadonlyMap<string, Buffer>;

/** Makes a damaged copy; the other snapshot is of another mirror, written by the same code. */
type Corruption = (whole: SnapshotFolder, other: SnapshotFolder, random: SeededRandom) => SnapshotFolder;

const MANIFEST = 'manifest.json';
const MAX_RANGE_BYTES = 4_096;

export const CORRUPTIONS: Readonly<Record<string, Corruption>> = {
  'a flipped bit': edit((bytes, random) => {
    const at = random.below(bytes.length);
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random.below(8)), at);
    return bytes;
  }),
  'a shorter file': edit((bytes, random) => bytes.subarray(0, random.below(bytes.length))),
  'a longer file': edit((bytes, random) => {
    const more = Array.from({ length: 1 + random.below(64) }, () => random.pick([0, 0x0a, 0x20, 0xff]));
    return Buffer.concat([bytes, Buffer.from(more)]);
  }),
  'a range of zeros': edit((bytes, random) => {
    const { start, end } = rangeOf(bytes, random);
    return bytes.fill(0, start, end);
  }),
  'two ranges swapped': edit((bytes, random) => {
    const half = Math.floor(bytes.length / 2);
    const { start, end } = rangeOf(bytes.subarray(0, half), random);
    const kept = Buffer.from(bytes.subarray(start, end));
    bytes.copyWithin(start, half + start, half + end);
    bytes.set(kept, half + start);
    return bytes;
  }),
  'a range left out': edit((bytes, random) => {
    const { start, end } = rangeOf(bytes, random);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
  }),
  'files swapped': (whole) => {
    const [one, two] = [nameOf(whole, 'records'), nameOf(whole, 'graph')];
    return changed(whole, [one, bytesOf(whole, two)], [two, bytesOf(whole, one)]);
  },
  'a file of another snapshot': (whole, other, random) => {
    const part = random.pick(['records', 'graph']);
    return changed(whole, [nameOf(whole, part), bytesOf(other, nameOf(other, part))]);
  },
  'the manifest of another snapshot': (whole, other) => changed(whole, [MANIFEST, bytesOf(other, MANIFEST)]),
  'a file missing': (whole, _, random) => {
    const name = nameOf(whole, random.pick(['records', 'graph']));
    return new Map([...whole].filter(([each]) => each !== name));
  },
  'another version': (whole, _, random) => {
    const text = bytesOf(whole, MANIFEST).toString();
    return changed(whole, [
      MANIFEST,
      Buffer.from(text.replace('"format":2', `"format":${3 + random.below(9)}`)),
    ]);
  },
  'an edited manifest': (whole, _, random) => {
    const text = bytesOf(whole, MANIFEST).toString();
    const digits = [...text.matchAll(/\d/g)].map(({ index }) => index);
    const at = random.pick(digits);
    const digit = (Number(text[at]) + 1 + random.below(9)) % 10;
    return changed(whole, [MANIFEST, Buffer.from(`${text.slice(0, at)}${digit}${text.slice(at + 1)}`)]);
  },
  'a manifest edited with its checksum': (whole, _, random) => {
    const text = bytesOf(whole, MANIFEST).toString();
    const { manifest } = JSON.parse(text) as { manifest: SnapshotManifest };
    const { records, graph, spec, count } = manifest;
    const edits: readonly Partial<SnapshotManifest>[] = [
      { nonce: '0'.repeat(16) },
      { records: graph },
      { graph: { ...graph, bytes: graph.bytes + 1 } },
      { records: { ...records, sha256: '0'.repeat(64) } },
      { spec: { ...spec, dimension: spec.dimension * 2 } },
      { count: count + 1 },
    ];
    return changed(whole, [MANIFEST, Buffer.from(encodeManifest({ ...manifest, ...random.pick(edits) }))]);
  },
};

/** Changes one file; ranges of one value can come out as they were, and then it is tried again. */
function edit(change: (copy: Buffer, random: SeededRandom) => Buffer): Corruption {
  return (whole, _, random) => {
    for (;;) {
      const name = random.pick([...whole.keys()]);
      const bytes = bytesOf(whole, name);
      const edited = change(Buffer.from(bytes), random);
      if (!edited.equals(bytes)) return changed(whole, [name, edited]);
    }
  };
}

function rangeOf(bytes: Buffer, random: SeededRandom): { readonly start: number; readonly end: number } {
  const start = random.below(bytes.length);
  return { start, end: Math.min(bytes.length, start + 1 + random.below(MAX_RANGE_BYTES)) };
}

function changed(whole: SnapshotFolder, ...files: readonly (readonly [string, Buffer])[]): SnapshotFolder {
  return new Map([...whole, ...files]);
}

function nameOf(folder: SnapshotFolder, part: string): string {
  const name = [...folder.keys()].find((each) => each.startsWith(`${part}-`));
  if (name === undefined) throw new Error(`the snapshot has no file of ${part}`);
  return name;
}

function bytesOf(folder: SnapshotFolder, name: string): Buffer {
  const bytes = folder.get(name);
  if (bytes === undefined) throw new Error(`the snapshot has no file ${name}`);
  return bytes;
}
