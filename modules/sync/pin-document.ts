import { parseCollectionId, type CollectionId, type CollectionTarget } from '../vector/collection-id.js';
import { isPin, type Pin } from './pin.js';

/** A pin, and the path under which its collection is reached. */
export interface PinnedCollection {
  readonly target: CollectionTarget;
  readonly pin: Pin;
}

export type PinnedCollections = ReadonlyMap<CollectionId, PinnedCollection>;

/** The text of a pin file: `{"pins":{"<collection id>":{"pin":"always","tenant":"…","database":"…"}}}`. */
export function writePins(pins: PinnedCollections): string {
  const entries = [...pins.values()].map(({ pin, target: { id, tenant, database } }) => {
    return [id, { pin, tenant, database }] as const;
  });
  return JSON.stringify({ pins: Object.fromEntries(entries) }, null, 2);
}

/** Reads a pin file. @throws SyntaxError telling what is wrong with it */
export function readPins(text: string): Map<CollectionId, PinnedCollection> {
  const document: unknown = JSON.parse(text);
  if (!isRecord(document) || !isRecord(document['pins'])) throw new SyntaxError('it needs an object "pins"');
  const read = Object.entries(document['pins']).map(([id, entry]) => readPin(id, entry));
  return new Map(read.map((each) => [each.target.id, each]));
}

function readPin(name: string, entry: unknown): PinnedCollection {
  const id = parseCollectionId(name);
  if (id === undefined) throw new SyntaxError(`"${name}" is no id of a collection`);
  const { pin, tenant, database } = isRecord(entry) ? entry : {};
  if (!isPin(pin) || typeof tenant !== 'string' || typeof database !== 'string') {
    throw new SyntaxError(`the entry of ${id} needs a pin, a tenant and a database`);
  }
  return { pin, target: { id, tenant, database } };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
