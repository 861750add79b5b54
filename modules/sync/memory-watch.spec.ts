import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NO_PRESSURE, nextPressure, PATIENCE_MS } from './memory-pressure.js';
import { settled } from './gate.fake.js';
import { RECORD_BYTES } from './mirrors.fake.js';
import { idOf, targetOf, World } from './sync-world.fake.js';

const LIMIT = 1_000;

/** Three mirrors of as many bytes, the first one the hottest, the second one pinned. */
async function threeMirrors(): Promise<World> {
  const world = new World({ maxResidentBytes: LIMIT });
  const records = { a: '1', b: '1' };
  for (const number of [1, 2, 3]) await world.warm(records, targetOf(number));
  world.track(targetOf(2)).demand.pin = 'always';
  for (let n = 0; n < 5; n++) world.sync.answered(targetOf(1), 'mirror', 1);
  return world;
}

const statesOf = (world: World) => [1, 2, 3].map((number) => world.track(targetOf(number)).state);

/** Looks at so much resident memory from one moment to another, a look a second. */
function hold({ memoryWatch }: World, residentBytes: number, fromMs: number, toMs: number): void {
  for (let nowMs = fromMs; nowMs <= toMs; nowMs += 1_000) memoryWatch.look(residentBytes, nowMs);
}

describe('MemoryWatch', () => {
  it('gives up the coldest mirrors, the pinned ones last, until memory is enough', async () => {
    const world = await threeMirrors();
    hold(world, LIMIT + 1, 0, PATIENCE_MS);
    expect(statesOf(world)).toEqual(['warm', 'warm', 'refused']);
    expect(world.track(targetOf(3)).refusal).toBe('memory-short');
    hold(world, LIMIT + 1, PATIENCE_MS + 1_000, 2 * PATIENCE_MS);
    expect(statesOf(world)).toEqual(['refused', 'warm', 'refused']);
    hold(world, LIMIT + 1, 2 * PATIENCE_MS + 1_000, 3 * PATIENCE_MS);
    expect(statesOf(world)).toEqual(['refused', 'refused', 'refused']);
    expect(world.mirrors.contents.size).toBe(0);
  });

  it('gives up as many at once as hold what is too much', async () => {
    const world = await threeMirrors();
    hold(world, LIMIT + 3 * RECORD_BYTES, 0, PATIENCE_MS);
    expect(statesOf(world)).toEqual(['refused', 'warm', 'refused']);
  });

  it('bears a peak', async () => {
    const world = await threeMirrors();
    hold(world, LIMIT * 10, 0, PATIENCE_MS - 1_000);
    hold(world, LIMIT, PATIENCE_MS, PATIENCE_MS);
    hold(world, LIMIT * 10, PATIENCE_MS + 1_000, 2 * PATIENCE_MS);
    expect(statesOf(world)).toEqual(['warm', 'warm', 'warm']);
  });

  it('lets no warm-up begin while memory is short, and then again', async () => {
    const world = await threeMirrors();
    hold(world, LIMIT + 1, 0, PATIENCE_MS);
    world.sync.wantMirror(targetOf(4));
    const fourth = world.track(targetOf(4));
    expect(world.placement.warmNow(fourth)).toContain('memory is short');
    await settled();
    expect(fourth.state).toBe('cold');
    hold(world, LIMIT * 0.95, PATIENCE_MS + 1_000, PATIENCE_MS + 1_000);
    expect(world.warmUp.isHeld).toBe(true);
    hold(world, LIMIT * 0.9, PATIENCE_MS + 2_000, PATIENCE_MS + 2_000);
    world.placement.run();
    await settled();
    expect(fourth.state).toBe('warm');
    expect(world.track(targetOf(3)).state).toBe('refused');
  });

  it('counts what it gives up, and tells that memory is short', async () => {
    const world = await threeMirrors();
    hold(world, LIMIT + 1, 0, PATIENCE_MS);
    const { text } = await world.memoryMetrics.expose();
    expect(text).toMatch(/^tidegate_memory_short 1$/m);
    expect(text).toMatch(/^tidegate_memory_shed_mirrors_total 1$/m);
    expect(text).toMatch(new RegExp(`^tidegate_memory_shed_bytes_total ${2 * RECORD_BYTES}$`, 'm'));
    expect(await world.counter('placements_total{decision="shed"}')).toBe(1);
  });

  it('gives up a warm-up that runs', async () => {
    const world = new World({ maxResidentBytes: LIMIT });
    world.chroma.records.set('a', '1');
    world.chroma.readGate.hold();
    world.sync.wantMirror(targetOf(1));
    await settled();
    hold(world, LIMIT + 1, 0, PATIENCE_MS);
    expect(world.registry.find(idOf(1))?.state).toBe('refused');
    await world.chroma.readGate.open();
    expect(world.registry.find(idOf(1))?.state).toBe('refused');
  });
});

describe('nextPressure', () => {
  it('sheds only what is too much, never twice within its patience, and never below the bound', () => {
    const looks = fc.array(fc.tuple(fc.nat(2 * LIMIT), fc.integer({ min: 1, max: 3_000 })), {
      maxLength: 100,
    });
    fc.assert(
      fc.property(looks, (steps) => {
        let [pressure, nowMs, lastShedMs] = [NO_PRESSURE, 0, Number.NEGATIVE_INFINITY];
        for (const [residentBytes, passedMs] of steps) {
          nowMs += passedMs;
          pressure = nextPressure(pressure, residentBytes, LIMIT, nowMs);
          expect(pressure.shedBytes).toBeLessThanOrEqual(Math.max(0, residentBytes - LIMIT));
          if (pressure.shedBytes === 0) continue;
          expect(nowMs - lastShedMs).toBeGreaterThanOrEqual(PATIENCE_MS);
          lastShedMs = nowMs;
        }
      }),
    );
  });
});
