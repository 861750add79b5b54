import { describe, expect, it } from '@jest/globals';
import { LoadMetrics } from '../telemetry/load-metrics.service.js';
import { Log } from '../telemetry/log.service.js';
import { Lane, type EntryOptions, type Ticket } from './lane.service.js';
import { Shedding } from './shedding.service.js';

const CALLS = 8;

function setUp(given: { readonly queueMax?: number; readonly waitMs?: number } = {}) {
  const metrics = new LoadMetrics();
  const { queueMax = 2, waitMs = 1_000 } = given;
  const limits = { min: CALLS, max: CALLS };
  const lane = new Lane({ name: 'test', limits, queueMax, waitMs, sharePercent: 50 }, shedding(metrics));
  const enter = async (entry: EntryOptions = {}, caller = 'caller'): Promise<Ticket> =>
    lane.enter({ caller, collection: 'one' }, entry);
  return { metrics, enter, exposed: async () => (await metrics.expose()).text };
}

function shedding(metrics: LoadMetrics): Shedding {
  return new Shedding(metrics, new Log('silent'));
}

type Enter = ReturnType<typeof setUp>['enter'];
const fill = (enter: Enter) => Promise.all(Array.from({ length: CALLS }, () => enter()));

describe('Lane', () => {
  it('lets a call that waited go when another leaves', async () => {
    const { enter, exposed } = setUp();
    const [first] = await fill(enter);
    const waiting = enter();
    first?.leave();
    (await waiting).leave();
    const text = await exposed();
    expect(text).toContain(`tidegate_lane_running_calls{lane="test"} ${CALLS - 1}`);
    expect(text).toContain('tidegate_lane_wait_seconds_count{lane="test"} 1');
  });

  it('refuses at once what does not fit', async () => {
    const { enter, exposed } = setUp({ queueMax: 0 });
    await fill(enter);
    await expect(enter()).rejects.toMatchObject({ code: 'overloaded' });
    expect(await exposed()).toContain('tidegate_shed_total{lane="test",reason="full"} 1');
  });

  it('refuses what waited in vain', async () => {
    const { enter, exposed } = setUp({ waitMs: 5 });
    await fill(enter);
    await expect(enter()).rejects.toMatchObject({ code: 'overloaded' });
    const text = await exposed();
    expect(text).toContain('tidegate_shed_total{lane="test",reason="waited"} 1');
    expect(text).toContain('tidegate_lane_waiting_calls{lane="test"} 0');
  });

  it('lets nothing wait beyond its deadline', async () => {
    const { enter } = setUp();
    await fill(enter);
    await expect(enter({ deadlineMs: performance.now() - 1 })).rejects.toMatchObject({ code: 'overloaded' });
    await expect(enter({ deadlineMs: performance.now() + 5 })).rejects.toMatchObject({ code: 'overloaded' });
  });

  it('forgets a caller who goes away, and counts it as nothing', async () => {
    const { enter, exposed } = setUp();
    await fill(enter);
    const controller = new AbortController();
    const waiting = enter({ signal: controller.signal });
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'overloaded' });
    const text = await exposed();
    expect(text).toContain('tidegate_lane_waiting_calls{lane="test"} 0');
    expect(text).not.toContain('tidegate_shed_total{');
  });

  it('tells a caller who loses its place to another that it has its share', async () => {
    const { enter } = setUp();
    const running = await fill(enter);
    const waiting = [enter(), enter()];
    const other = enter({}, 'other');
    await expect(waiting[1]).rejects.toMatchObject({ code: 'caller-overloaded' });
    const [still] = waiting;
    expect(await Promise.race([other, still, Promise.resolve('both wait')])).toBe('both wait');
    for (const ticket of running) ticket.leave();
    await Promise.all([other, still]);
  });

  it('gives calls that others could answer an eighth of its room, or all, but no place to wait', async () => {
    const { enter } = setUp();
    await enter({ room: 'spare' });
    await expect(enter({ room: 'spare' })).rejects.toMatchObject({ code: 'overloaded' });
    for (let call = 1; call < CALLS; call++) await enter({ room: 'at-once' });
    await expect(enter({ room: 'at-once' })).rejects.toMatchObject({ code: 'overloaded' });
  });
});
