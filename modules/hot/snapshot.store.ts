import { Graph } from './graph.store.js';
import type { MirrorSpec, SavedSnapshot } from './hot-protocol.js';
import { MirrorContents } from './mirror-contents.store.js';
import { Mirror, type MirrorMoment } from './mirror.store.js';
import { decodeBlock, encodeBlock } from './record-blocks.js';
import { SnapshotFiles } from './snapshot-files.store.js';
import { graphSpecOf, type SnapshotIdentity, type SnapshotManifest } from './snapshot-manifest.js';
import { SnapshotRefused } from './snapshot-refused.js';
import { StoredRecords } from './stored-records.js';

/** Carries work out that pauses; rejects when it should not go on. */
export type Run = <T>(work: Generator<void, T>) => Promise<T>;

/**
 * Writes a snapshot of the moment that `begin` gives. When it fails, the folder's earlier one stays, and no
 * file of the new one.
 */
export async function saveSnapshot(
  folder: string,
  identity: SnapshotIdentity,
  begin: (graphPath: string) => Promise<MirrorMoment>,
  run: Run,
): Promise<SavedSnapshot> {
  const files = new SnapshotFiles(folder);
  const draft = await files.draft();
  try {
    const moment = await begin(draft.graphPath);
    const start = performance.now();
    // First of all, as no vector can be put into the graph until it is written.
    const restored = await moment.graphWritten;
    const graph = await draft.finishGraph();
    const records = await draft.writeRecords(blocksOf(moment, run));
    const { spec, slots, builtSlots, inOrder, usage } = moment;
    const manifest: SnapshotManifest = {
      ...{ identity, nonce: draft.nonce, spec: graphSpecOf(spec), count: usage.records },
      ...{ slots, builtSlots, restored, inOrder, memoryBytes: usage.bytes, records, graph },
    };
    await draft.publish(manifest);
    await files.removeOthers(manifest);
    const durationMs = performance.now() - start;
    return { records: usage.records, bytes: records.bytes + graph.bytes, durationMs };
  } catch (error) {
    await draft.discard();
    throw error;
  }
}

/**
 * A mirror with what the folder's snapshot holds. It is built while other threads check each byte, and given
 * up where one is not as it was written.
 * @param claim called with the bytes that the mirror holds in the end; may throw
 * @throws SnapshotRefused when the snapshot is damaged, or of another kind of mirror
 */
export async function loadSnapshot(
  folder: string,
  manifest: SnapshotManifest,
  spec: MirrorSpec,
  claim: (heldBytes: number) => void,
  run: Run,
): Promise<Mirror> {
  const files = new SnapshotFiles(folder);
  if (JSON.stringify(manifest.spec) !== JSON.stringify(graphSpecOf(spec))) {
    throw new SnapshotRefused('the snapshot is of a collection that was configured otherwise');
  }
  // hnswlib checks nothing of what it reads, so its file is checked first.
  const reading = files
    .checkGraph(manifest)
    .then(() => Graph.read(spec, files.path('graph', manifest), manifest.restored));
  const settled = Promise.allSettled([reading]);
  try {
    const records = await readRecords(files, manifest, run);
    const contents = new MirrorContents(spec, await reading, records, manifest.builtSlots);
    claim(contents.bytes);
    await files.removeOthers(manifest);
    return new Mirror(spec, contents, manifest.inOrder);
  } catch (error) {
    const [graph] = await settled;
    if (graph.status === 'fulfilled') graph.value.release();
    throw error;
  }
}

/** Records whose every byte was checked when they are there, though not before they are looked at. */
async function readRecords(
  files: SnapshotFiles,
  manifest: SnapshotManifest,
  run: Run,
): Promise<StoredRecords> {
  const records = new StoredRecords(manifest.spec.dimension);
  try {
    for await (const block of files.blocks(manifest)) await run(adopt(records, block, manifest));
  } catch (cause) {
    if (cause instanceof SnapshotRefused) throw cause;
    throw new SnapshotRefused('the records of the snapshot cannot be read', { cause });
  }
  records.leaveEmpty(manifest.slots);
  if (records.count !== manifest.count) throw new SnapshotRefused('the snapshot lacks records');
  return records;
}

async function* blocksOf({ records }: MirrorMoment, run: Run): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < records.length;) {
    const { bytes, next } = await run(encodeBlock(records, from));
    from = next;
    yield bytes;
  }
}

function* adopt(
  records: StoredRecords,
  block: Uint8Array<ArrayBuffer>,
  { spec, slots }: SnapshotManifest,
): Generator<void, void> {
  for (const { key, texts, vector, slot } of decodeBlock(block, spec.dimension)) {
    if (slot >= slots) throw new SnapshotRefused('the snapshot has a record where none can be');
    records.adopt(key, texts, vector, slot);
    yield;
  }
}
