import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AdminClient, ChromaClient, type Collection } from 'chromadb';
import { runClientScenario } from './scenarios/client-scenario.js';
import type { Door } from './scenarios/door.js';
import { isError, type Step } from './scenarios/transcript.js';
import { answerTally, sumOfTallies, tallyBetween, type AnswerTally } from './support/answer-tally.js';
import { differences } from './support/differences.js';
import { flagForAll } from './support/flag-documents.js';
import { callJson } from './support/http.js';
import { wakeUntilState } from './support/mirror-states.js';
import { startTcpForwarder, type TcpForwarder } from './support/tcp-forwarder.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';
import { until } from './support/until.js';

const HOLD_LIMIT_MS = 20_000;
const PAUSE_MS = 10;
/** As only Tidegate's own readings of whole records ask: what a warm-up is held up by. */
const WHOLE_RECORDS = '"include":["embeddings","documents","metadatas","uris"]';

/** Of more than 300 reads of a run while its collections are in their state. */
const FEWEST_READS = 250;
/** Reads that a mirror sees to be refused, before or while it answers: the error is ChromaDB's own. */
const LEFT_TO_CHROMA = ['chroma: opaque', 'chroma: mirror-failed'] as const;
/** On a busy machine the tiers' paces may be compared. */
const COMPARED = ['chroma: slower', 'chroma: exploring', 'mirror: exploring'] as const;
const CACHED = 'answer-cache: cached';

/** How the mirrors are kept while the scenario runs, and what then may answer besides the answer cache. */
const STATES = {
  cold: { mirrorReads: 'off', answeredBy: 'chroma: flag-off', orBy: [] },
  warming: { mirrorReads: 'on', answeredBy: 'chroma: mirror-warming', orBy: [] },
  warm: { mirrorReads: 'on', answeredBy: 'mirror: warm', orBy: [...LEFT_TO_CHROMA, ...COMPARED] },
} as const;
type State = keyof typeof STATES;
type Switch = 'on' | 'off';

/** A Tidegate with a network to a ChromaDB that it has for itself. */
interface Front {
  readonly tidegate: TidegateProcess;
  readonly network: TcpForwarder;
}

/** What came of one run of the scenario. */
interface Run {
  readonly steps: readonly Step[];
  /** All answers of the run. */
  readonly all: AnswerTally;
  /** Those to the scenario while its collections were in the state. */
  readonly settled: AnswerTally;
}

const fronts = new Map<Switch, Front>();
let known: Promise<readonly Step[]>;
let expected: readonly Step[];

beforeAll(async () => {
  // They only lend their ChromaDB: the stores have to be independent.
  const [ours, others, lender] = await Promise.all([startTidegate(), startTidegate(), startTidegate()]);
  const started = Promise.all([startFront('on', ours), startFront('off', others)]);
  known = runClientScenario({ ...clientsOf(lender.chromaUrl), ...PASSIVE });
  // Awaited together with the first runs; a failure must not go unheard until then.
  known.catch(() => undefined);
  await started;
});

async function startFront(cache: Switch, { chromaUrl }: TidegateProcess): Promise<void> {
  const network = await startTcpForwarder(chromaUrl);
  const tidegate = await startTidegate({
    TIDEGATE_CHROMA_URL: network.url,
    TIDEGATE_CHROMA_TIMEOUT_MS: '120000',
    TIDEGATE_WARM_PAGE_RECORDS: '20',
  });
  fronts.set(cache, { tidegate, network });
}

afterAll(() => Promise.all([...fronts.values()].map(({ network }) => network.close())));

const PASSIVE = {
  asksTwice: false,
  settle: () => Promise.resolve(),
  leave: () => Promise.resolve(),
} satisfies Partial<Door>;

function clientsOf(url: string): Pick<Door, 'client' | 'admin'> {
  const { hostname: host, port } = new URL(url);
  return {
    client: (database) => new ChromaClient({ host, port: Number(port), ssl: false, ...database }),
    admin: () => new AdminClient({ host, port: Number(port), ssl: false }),
  };
}

/** The scenario through Tidegate, with its mirrors kept in the state. */
async function runThrough(cache: Switch, state: State): Promise<Run> {
  const front = fronts.get(cache);
  if (front === undefined) throw new Error('there is no such front');
  const { url } = front.tidegate;
  const flags = {
    'mirror-reads': flagForAll(STATES[state].mirrorReads),
    'answer-cache-reads': flagForAll(cache),
  };
  expect((await callJson(url, 'PUT', '/operations/v1/flags', { flags })).status).toBe(200);
  const before = await answerTally(url);
  const keeper = keeperOf(front, state);
  const steps = await runClientScenario({ ...clientsOf(url), ...keeper.door, asksTwice: cache === 'on' });
  return { steps, all: tallyBetween(before, await answerTally(url)), settled: keeper.settled() };
}

/** Brings each collection into the state, keeps it there, and counts what answers meanwhile. */
function keeperOf({ tidegate: { url }, network }: Front, state: State) {
  let settled: AnswerTally = {};
  let since: AnswerTally | undefined;
  const look = async () => {
    if (since) settled = sumOfTallies(settled, tallyBetween(since, await answerTally(url)));
    since = undefined;
  };
  if (state === 'warming') network.hold.begin(WHOLE_RECORDS);
  return {
    settled: () => settled,
    door: {
      settle: async (collection: Collection) => {
        await look();
        if (state !== 'cold') await wakeUntilState(url, collection, state);
        if (state === 'warming') {
          await until('a page is held', HOLD_LIMIT_MS, () => isHeld(network), PAUSE_MS);
        }
        since = await answerTally(url);
      },
      leave: async (collection: Collection) => {
        await look();
        if (state !== 'warming') return;
        // The warm-up ends with what was written meanwhile; the reads that follow find it all.
        network.hold.end();
        await wakeUntilState(url, collection, 'warm');
        network.hold.begin(WHOLE_RECORDS);
      },
    },
  };
}

function isHeld({ hold }: TcpForwarder): Promise<boolean> {
  return Promise.resolve(hold.held > 0);
}

/** The steps whose outcomes differ, each with what differs. */
function differingSteps(actual: readonly Step[]): readonly object[] {
  return expected.flatMap(({ step, outcome }, index) => {
    const did = actual[index];
    const again = did?.again === undefined ? [] : differences(did.again, outcome, '$ again');
    const found = [...differences(did?.outcome, outcome), ...again];
    return found.length === 0 && did?.step === step ? [] : [{ step, did: did?.step, found }];
  });
}

/** How often any of these gave the answer. */
function countOf(tally: AnswerTally, told: readonly string[]): number {
  return told.reduce((sum, each) => sum + (tally[each] ?? 0), 0);
}

/** Reads, first and second ones, that ended with an error. */
function countErrors(steps: readonly Step[]): number {
  return steps.flatMap(({ outcome, again }) => [outcome, again]).filter(isError).length;
}

/** Second reads that had an answer: the first one's has to be kept for them. */
function countKept(steps: readonly Step[]): number {
  return steps.filter(({ again }) => again !== undefined && !isError(again)).length;
}

describe.each(['cold', 'warming', 'warm'] as const)(
  'with mirrors that are %s the official client finds no difference to ChromaDB',
  (state) => {
    let runs: Readonly<Record<Switch, Run>>;

    beforeAll(async () => {
      const [on, off] = await Promise.all([runThrough('on', state), runThrough('off', state)]);
      runs = { on, off };
      expected = await known;
      for (const { network } of fronts.values()) network.hold.end();
    });

    describe.each(['on', 'off'] as const)('and the answer cache %s', (cache) => {
      it('in any step', () => {
        expect(differingSteps(runs[cache].steps)).toEqual([]);
        expect(runs[cache].steps).toHaveLength(expected.length);
      });

      it('and its reads were answered as in that state', () => {
        const { steps, settled } = runs[cache];
        const { answeredBy, orBy } = STATES[state];
        const others = Object.keys(settled).filter((told) => told !== CACHED && told !== answeredBy);

        expect(settled[answeredBy]).toBeGreaterThan(FEWEST_READS);
        expect(orBy).toEqual(expect.arrayContaining(others));
        expect(countOf(settled, LEFT_TO_CHROMA)).toBeLessThanOrEqual(countErrors(steps));
      });

      it(`and ${cache === 'on' ? 'each second read' : 'none'} was answered by the answer cache`, () => {
        const { steps, all } = runs[cache];
        const fewest = countKept(steps);

        expect(fewest > FEWEST_READS).toBe(cache === 'on');
        if (cache === 'on') expect(all[CACHED]).toBeGreaterThanOrEqual(fewest);
        else expect(all[CACHED]).toBeUndefined();
      });
    });
  },
);
