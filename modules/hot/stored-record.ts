import type { Measured } from '../vector/distance.js';
import type { Placed } from './byte-arena.js';
import type { RecordFields, RecordTexts } from './record-texts.js';

/**
 * A record as it is now. A change makes another object, so that who holds this one sees one moment. Of one
 * class, as an object made by spreading others takes a hidden class of its own, of 300 bytes.
 */
export class StoredRecord implements RecordFields, Measured {
  readonly vector: Float32Array;
  readonly norm: number;

  /**
   * @param slot where the record stands in columns and in the graph; another one after each change of its
   * vector
   * @param position where it stands in the order of insertion
   */
  constructor(
    readonly key: string,
    readonly texts: RecordTexts,
    { vector, norm }: Measured,
    readonly slot: number,
    readonly position: number,
  ) {
    this.vector = vector;
    this.norm = norm;
  }

  get id(): Placed {
    return this.texts.id;
  }

  get document(): Placed | undefined {
    return this.texts.document;
  }

  get metadata(): Placed | undefined {
    return this.texts.metadata;
  }

  get uri(): Placed | undefined {
    return this.texts.uri;
  }

  withTexts(texts: RecordTexts): StoredRecord {
    return new StoredRecord(this.key, texts, this, this.slot, this.position);
  }

  withVector(vector: Measured, slot: number): StoredRecord {
    return new StoredRecord(this.key, this.texts, vector, slot, this.position);
  }

  at(position: number): StoredRecord {
    return new StoredRecord(this.key, this.texts, this, this.slot, position);
  }
}
