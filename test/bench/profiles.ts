/** How much is measured, and for how long. */
export interface Profile {
  readonly name: string;
  /** Records of the collection that all scenarios but growth use. */
  readonly records: number;
  /** Sizes at which plain queries are timed against each other. */
  readonly growth: readonly number[];
  /** Many and short: others on the machine spoil single rounds, and the medians leave those out. */
  readonly rounds: number;
  readonly roundMs: number;
  /** Requests that the mixes and single inserts make in a round; the others scale with their batches. */
  readonly writesPerRound: number;
  /** Different queries; each is made fresh by the digits of its number. */
  readonly queries: number;
  /** Answers of each scenario that are compared with exact search. */
  readonly checks: number;
  readonly hotMemoryMb: number;
  /** Of the scenarios, those that run, with these clients; all of them where none are named. */
  readonly only?: ReadonlyMap<string, readonly number[]>;
}

const SMOKE_SCENARIOS = new Map<string, readonly number[]>([
  ['plain', [1, 16]],
  ['where-0.1', [1]],
  ['where-10', [1]],
  ['where-document', [1]],
  ['get-ids', [1]],
  ['repeated', [16]],
  ['zipf', [16]],
  ['forced-miss', [1]],
  ['ingest-1000', [1]],
  ['mix-90-10', [1]],
]);

/** What depends on how many records there are. */
const LARGE_SCENARIOS = new Map<string, readonly number[]>([
  ['plain', [1, 16]],
  ['where-0.1', [1]],
  ['where-10', [1]],
  ['where-document', [1]],
  ['get-where', [1]],
  ['memory', []],
  ['starts', []],
  ['growth', []],
]);

const STANDARD: Profile = {
  name: 'standard',
  records: 100_000,
  growth: [20_000, 100_000],
  rounds: 9,
  roundMs: 450,
  writesPerRound: 100,
  queries: 2_000,
  checks: 100,
  hotMemoryMb: 4_096,
};

export const PROFILES: readonly Profile[] = [
  {
    ...STANDARD,
    name: 'smoke',
    records: 5_000,
    growth: [],
    rounds: 7,
    roundMs: 120,
    writesPerRound: 20,
    queries: 500,
    checks: 50,
    hotMemoryMb: 2_048,
    only: SMOKE_SCENARIOS,
  },
  STANDARD,
  {
    ...STANDARD,
    name: 'large',
    records: 500_000,
    growth: [20_000, 100_000, 500_000],
    roundMs: 1_500,
    hotMemoryMb: 12_288,
    only: LARGE_SCENARIOS,
  },
];

/** The clients with which a profile runs a scenario; none where it leaves it out. */
export function clientsIn({ only }: Profile, name: string, usual: readonly number[]): readonly number[] {
  return only === undefined ? usual : (only.get(name) ?? []);
}
