import { setTimeout as sleep } from 'node:timers/promises';
import { getJson } from '../support/http.js';
import type { BenchWorld } from './bench-world.js';
import { DIMENSION, type Dataset } from './dataset.js';
import { residentBytes } from './process-usage.js';
import { meanTextBytes } from './record-bodies.js';
import type { Figure } from './results.js';

const SETTLE_MS = 2_000;
const FLOAT_BYTES = 4;

/**
 * What a mirrored record costs: resident memory with the mirror warm minus that without, divided by the
 * records. All that Tidegate holds because of the mirror is in it, and no estimate.
 */
export async function memoryFigures(
  { tidegate, chroma }: BenchWorld,
  collection: string,
  dataset: Dataset,
  coldBytes: number,
): Promise<readonly Figure[]> {
  await sleep(SETTLE_MS);
  const grown = (residentBytes(tidegate.pid) - coldBytes) / dataset.count;
  const { json } = await getJson(tidegate.url, '/operations/v1/collections');
  const { collections } = json as { collections: { readonly id: string; readonly bytes?: number }[] };
  const own = (collections.find(({ id }) => id === collection)?.bytes ?? 0) / dataset.count;
  const raw = DIMENSION * FLOAT_BYTES;
  const text = meanTextBytes(dataset);
  const figure = (name: string, title: string, bytes: number, note?: string): Figure => ({
    ...{ name, title, unit: 'bytes', value: Math.round(bytes) },
    ...(note !== undefined && { note }),
  });
  return [
    figure('memory-resident', 'resident memory of a mirrored record', grown, 'resident set warm minus cold'),
    figure('memory-accounted', 'memory of a mirrored record by Tidegate itself', own),
    figure('memory-raw', 'a raw vector', raw),
    figure('memory-text', 'document and metadata of the mean record', text),
    figure('memory-chroma', 'resident memory of ChromaDB', residentBytes(chroma.pid)),
  ];
}
