import { beforeAll, describe, expect, it } from '@jest/globals';
import { AdminClient, ChromaClient } from 'chromadb';
import { runClientScenario } from './scenarios/client-scenario.js';
import type { Door } from './scenarios/door.js';
import type { Step } from './scenarios/transcript.js';
import { differences } from './support/differences.js';
import { waitForTier } from './support/http.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';

let tidegate: TidegateProcess;
let expected: readonly Step[];

beforeAll(async () => {
  // The second Tidegate only lends its ChromaDB: the stores have to be independent.
  const [ours, lender] = await Promise.all([startTidegate(), startTidegate()]);
  tidegate = ours;
  expected = await runClientScenario(doorTo(lender.chromaUrl, () => Promise.resolve()));
});

function doorTo(url: string, settle: Door['settle']): Door {
  const { hostname: host, port } = new URL(url);
  return {
    client: (database) => new ChromaClient({ host, port: Number(port), ssl: false, ...database }),
    admin: () => new AdminClient({ host, port: Number(port), ssl: false }),
    settle,
  };
}

/** The steps whose outcomes differ, each with what differs. */
function differingSteps(actual: readonly Step[]): readonly object[] {
  return expected.flatMap((wanted, index) => {
    const found = differences(actual[index], wanted);
    return found.length === 0 ? [] : [{ step: wanted.step, found }];
  });
}

describe('the official client finds no difference between Tidegate and ChromaDB', () => {
  it('right after each write', async () => {
    const actual = await runClientScenario(doorTo(tidegate.url, () => Promise.resolve()));

    expect(differingSteps(actual)).toEqual([]);
    expect(actual).toHaveLength(expected.length);
  });

  it('once the mirrors are warm', async () => {
    const actual = await runClientScenario(
      doorTo(tidegate.url, ({ id, tenant, database }) =>
        waitForTier(tidegate.url, id, 'mirror', {
          database: `/api/v2/tenants/${tenant}/databases/${database}`,
        }),
      ),
    );

    expect(differingSteps(actual)).toEqual([]);
    expect(actual).toHaveLength(expected.length);
  });
});
