import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../support/faulty-network.js';
import type { Write } from './chroma-rules.js';
import { ALL } from './expected-answers.js';
import { MirrorControl } from './mirror-control.js';
import type { RunningTidegate } from './running-tidegate.js';
import { DIMENSION, PLACES, type Step } from './steps.js';
import { TrackedCollection } from './tracked-collection.js';
import type { Tally } from './tally.js';

/** Callers at a time. */
const CALLERS = 4;
/** Writes of so many records each: together they change more vectors than a mirror bears. */
const WEARING_WRITES = 22;
const WEARING_RECORDS = 60;

let lastStory = 0;

/** Plays one sequence of steps, several at a time. */
export class Story {
  private readonly places: TrackedCollection[] = [];
  private readonly deleted: (TrackedCollection | undefined)[] = [];
  private readonly administered: Promise<void>[] = [];
  private readonly underWay = new Set<Promise<void>>();
  private readonly number = ++lastStory;
  private readonly control: MirrorControl;
  private renamed = 0;
  private failure: Error | undefined;

  constructor(
    private readonly tidegate: RunningTidegate,
    private readonly tally: Tally,
  ) {
    this.control = new MirrorControl(tidegate, tally);
  }

  async begin(): Promise<void> {
    for (let place = 0; place < PLACES; place++) await this.create(place);
  }

  /** Whether the step makes sense now. */
  allows(step: Step): boolean {
    return step.do !== 'read' || !step.ofDeleted || this.deleted[step.place] !== undefined;
  }

  /** Has a caller take the step, as soon as one is free. Throws what went wrong in an earlier one. */
  async take(step: Step): Promise<void> {
    this.tally.count('steps');
    while (this.underWay.size >= CALLERS) await Promise.race(this.underWay);
    if (this.failure) throw this.failure;
    if (step.do === 'look') return this.compareAll(false);
    this.run(this.perform(step));
    // Lets it be sent first, or wait a little, so that steps overlap in many ways.
    await sleep(this.underWay.size - 1);
  }

  /** Waits for everything and compares it, at last in every mirror. */
  async end(): Promise<void> {
    await this.compareAll(true);
  }

  private async compareAll(inMirrors: boolean): Promise<void> {
    await this.quiet();
    for (const collection of this.places) this.run(this.compare(collection, inMirrors));
    await this.quiet();
  }

  private async compare(collection: TrackedCollection, inMirror: boolean): Promise<void> {
    await collection.look();
    if (inMirror) await this.control.awaitMirror(collection);
    for (const read of [ALL, { kind: 'count' } as const]) await collection.read(read);
  }

  private async quiet(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all(this.underWay);
    if (this.failure) throw this.failure;
  }

  private run(work: Promise<unknown>): void {
    const ended = work
      .then(
        () => undefined,
        (error: unknown) => {
          this.failure ??= error instanceof Error ? error : new Error(String(error));
        },
      )
      .finally(() => this.underWay.delete(ended));
    this.underWay.add(ended);
  }

  private perform(step: Exclude<Step, { do: 'look' }>): Promise<unknown> {
    switch (step.do) {
      case 'write':
        return this.write(this.at(step.place), step.write, step.fault);
      case 'write around':
        return this.writeAround(this.at(step.place), step.write);
      case 'read': {
        const deleted = step.ofDeleted ? this.deleted[step.place] : undefined;
        return this.read(deleted ?? this.at(step.place), step);
      }
      case 'wear':
        return this.wear(this.at(step.place));
      case 'delete and create':
        return this.administer(step.place, () => this.deleteAndCreate(step.place, step.fault));
      case 'rename':
        return this.administer(step.place, () => {
          return this.at(step.place).rename(`story-${this.number}-${step.place}-${++this.renamed}`);
        });
      case 'operate':
        return this.control.operate(this.at(step.place), step.operation);
      case 'await mirror':
        return this.control.awaitMirror(this.at(step.place));
      case 'kill':
        return this.kill();
    }
  }

  /** One after the other: collections are deleted by names, which another one may have by then. */
  private administer(place: number, act: () => Promise<void>): Promise<void> {
    const ended = (this.administered[place] ?? Promise.resolve()).then(act);
    this.administered[place] = ended.catch(() => undefined);
    return ended;
  }

  private at(place: number): TrackedCollection {
    const collection = this.places[place];
    if (collection === undefined) throw new Error(`no collection ${place}`);
    return collection;
  }

  private async create(place: number): Promise<void> {
    const name = `story-${this.number}-${place}`;
    const space = place === 1 ? 'ip' : 'l2';
    this.places[place] = await TrackedCollection.create(this.tidegate, this.tally, name, space);
  }

  private async deleteAndCreate(place: number, fault: Fault | undefined): Promise<void> {
    const collection = this.at(place);
    const fate = await collection.delete(fault);
    for (const read of [ALL, { kind: 'count' } as const]) await collection.read(read);
    if (fate !== 'applied') return;
    this.deleted[place] = collection;
    await this.create(place);
  }

  /** Who is told of an error looks what came of it. */
  private async write(collection: TrackedCollection, write: Write, fault: Fault | undefined): Promise<void> {
    await collection.write(write, fault);
    if (fault) await collection.read(ALL);
  }

  private async read(
    collection: TrackedCollection,
    { read, forced, twice }: Extract<Step, { do: 'read' }>,
  ): Promise<void> {
    await collection.read(read, forced);
    if (twice) await collection.read(read, forced);
  }

  /** Not where it would not be found. */
  private async writeAround(collection: TrackedCollection, write: Write): Promise<void> {
    if (!(await this.control.operate(collection, 'reconcile'))) return;
    await collection.writeAround(write, () => this.control.reconcile(collection));
  }

  /** With the mirror there, which has to shed what each change leaves in it. */
  private async wear(collection: TrackedCollection): Promise<void> {
    if (!(await this.control.awaitMirror(collection))) return;
    const ids = Array.from({ length: WEARING_RECORDS }, (_, number) => `worn-${number}`);
    for (let round = 0; round < WEARING_WRITES; round++) {
      const rows = ids.map((id, number) => ({ id, vector: wornVector(number, round) }));
      await collection.write({ call: 'upsert', rows });
    }
    await collection.write({ call: 'delete', ids });
    await collection.read(ALL);
    this.tally.count('mirrors worn');
  }

  private async kill(): Promise<void> {
    for (const collection of this.places) collection.tell('Tidegate is killed');
    this.tally.count('kills');
    await this.tidegate.kill();
    for (const collection of this.places) collection.tell('Tidegate is started again');
  }
}

function wornVector(number: number, round: number): readonly number[] {
  return Array.from({ length: DIMENSION }, (_, axis) => ((number + round * (axis + 1)) % 8) / 8);
}
