import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Bulkhead, type Claim, type Place, type Room } from './bulkhead.js';

const ROOM: Room = { limit: 4, queue: 4 };
const HALF = 0.5;

/** A bulkhead whose calls are told by a name, and what became of each. */
class Scene {
  readonly bulkhead = new Bulkhead(HALF);
  readonly places = new Map<string, Place>();
  readonly log: string[] = [];

  enter(name: string, claim: Claim, mayWait = true): string {
    const place = this.bulkhead.enter(claim, ROOM, mayWait);
    if (typeof place === 'string') return place;
    this.places.set(name, place);
    place.decided = (refusal) => {
      if (refusal !== undefined) this.places.delete(name);
      this.log.push(`${name} ${refusal ?? 'goes'}`);
    };
    return place.isWaiting ? 'waits' : 'goes';
  }

  end(name: string): void {
    const place = this.places.get(name);
    if (place === undefined) throw new Error(`no ${name}`);
    this.places.delete(name);
    this.bulkhead.end(place);
    this.bulkhead.proceed(ROOM.limit);
  }
}

const of = (caller: string, collection = 'shared'): Claim => ({ caller, collection });

describe('Bulkhead', () => {
  it('gives one who is alone all there is, and refuses the rest for being full', () => {
    const scene = new Scene();
    const outcomes = Array.from({ length: 9 }, (_, turn) => scene.enter(`a${turn}`, of('a')));
    expect(outcomes).toEqual([...Array<string>(4).fill('goes'), ...Array<string>(4).fill('waits'), 'full']);
  });

  it('takes a place in a full queue from who has most, and serves the newcomer next', () => {
    const scene = new Scene();
    for (let turn = 0; turn < 8; turn++) scene.enter(`a${turn}`, of('a'));
    expect(scene.enter('b', of('b'))).toBe('waits');
    expect(scene.log).toEqual(['a7 share']);
    scene.end('a0');
    expect(scene.log.at(-1)).toBe('b goes');
  });

  it('holds one to its share while others are there', () => {
    const scene = new Scene();
    scene.enter('b', of('b'));
    const outcomes = Array.from({ length: 5 }, (_, turn) => scene.enter(`a${turn}`, of('a')));
    expect(outcomes).toEqual(['goes', 'goes', 'goes', 'waits', 'share']);
  });

  it('holds one collection to its share, whoever asks for it', () => {
    const scene = new Scene();
    scene.enter('other', of('z', 'quiet'));
    const outcomes = Array.from({ length: 5 }, (_, turn) => scene.enter(`${turn}`, of(`${turn}`, 'hot')));
    expect(outcomes.at(-1)).toBe('share');
    expect(scene.enter('another', of('y', 'quiet'))).toBe('waits');
  });

  it('lets nobody wait who does not want to', () => {
    const scene = new Scene();
    for (let turn = 0; turn < 4; turn++) scene.enter(`a${turn}`, of('a'));
    expect(scene.enter('now', of('b'), false)).toBe('full');
  });

  it('forgets who withdraws', () => {
    const scene = new Scene();
    for (let turn = 0; turn < 5; turn++) scene.enter(`a${turn}`, of('a'));
    const waiting = scene.places.get('a4');
    if (waiting) scene.bulkhead.withdraw(waiting);
    scene.end('a0');
    expect([scene.log, scene.bulkhead.underWay, scene.bulkhead.waiting]).toEqual([[], 3, 0]);
  });
});

type Step = readonly ['enter', string, string] | readonly ['end', number];

const step = fc.oneof(
  fc.tuple(fc.constant('enter' as const), fc.constantFrom('a', 'b', 'c'), fc.constantFrom('x', 'y')),
  fc.tuple(fc.constant('end' as const), fc.nat(20)),
);

/** Does the steps; `look` sees the scene after each, and what entering came to. */
function play(steps: readonly Step[], look: (scene: Scene, outcome?: string, claim?: Claim) => void): Scene {
  const scene = new Scene();
  for (const [turn, given] of steps.entries()) {
    if (given[0] === 'enter') {
      const claim = of(given[1], given[2]);
      look(scene, scene.enter(String(turn), claim), claim);
      continue;
    }
    const running = [...scene.places].filter(([, place]) => !place.isWaiting);
    const chosen = running[given[1] % Math.max(1, running.length)];
    if (chosen) scene.end(chosen[0]);
    look(scene);
  }
  return scene;
}

describe('Bulkhead, after any steps', () => {
  it('keeps limit and queue, and lets nobody wait while there is room', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        play(steps, ({ bulkhead, places }) => {
          expect(bulkhead.underWay).toBeLessThanOrEqual(ROOM.limit);
          expect(bulkhead.waiting).toBeLessThanOrEqual(ROOM.queue);
          expect(bulkhead.underWay + bulkhead.waiting).toBe(places.size);
          if (bulkhead.waiting > 0) expect(bulkhead.underWay).toBe(ROOM.limit);
        });
      }),
    );
  });

  it('refuses for its share only who has a share, while another is there', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        play(steps, ({ places }, outcome, claim) => {
          if (outcome !== 'share') return;
          const all = [...places.values()];
          const callers = all.filter(({ caller }) => caller?.key === claim?.caller).length;
          const collections = all.filter(({ collection }) => collection?.key === claim?.collection).length;
          const has = (held: number) => held >= 4 && held < all.length;
          expect(has(callers) || has(collections)).toBe(true);
        });
      }),
    );
  });

  it('always takes one who holds nothing, beside a flood of one other', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 200 }), (floods) => {
        const scene = new Scene();
        let light: string | undefined;
        for (const [turn, flood] of floods.entries()) {
          if (flood) scene.enter(`f${turn}`, of('flood', 'flooded'));
          else if (light !== undefined && scene.places.get(light)?.isWaiting === false) {
            scene.end(light);
            light = undefined;
          } else if (light === undefined) {
            light = `l${turn}`;
            expect(['goes', 'waits']).toContain(scene.enter(light, of('light', 'quiet')));
          } else {
            const running = [...scene.places].find(([, place]) => !place.isWaiting);
            if (running) scene.end(running[0]);
            // The first place that is free is its own.
            expect(scene.places.get(light)?.isWaiting).toBe(false);
          }
        }
      }),
    );
  });
});
