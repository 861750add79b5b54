import { DEFAULT_DATABASE } from '../support/http.js';
import { driveOverload } from '../support/overload-driver.js';
import { SeededRandom } from '../support/seeded-random.js';
import { KnownRecords } from './known-records.js';

/** Queries of a collection at twice the rate of the knee, in a process of their own. */
export interface OverloadOrder {
  readonly url: string;
  readonly collection: string;
  readonly seed: number;
}

const PLAN = { firstRate: 100, stepSeconds: 2, overloadSeconds: 8, calmSeconds: 8 };
const CALLERS = 20;

const { url, collection, seed } = JSON.parse(process.argv[2] ?? '') as OverloadOrder;
const random = new SeededRandom(seed);

const figures = await driveOverload(
  url,
  (turn) => ({
    path: `${DEFAULT_DATABASE}/collections/${collection}/query`,
    headers: {
      'content-type': 'application/json',
      'x-tidegate-caller': `caller-${turn % CALLERS}`,
    },
    body: JSON.stringify({ query_embeddings: [KnownRecords.vector(random)], n_results: 5 }),
  }),
  PLAN,
);
process.send?.(figures, () => process.exit(0));
