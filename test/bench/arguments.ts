import { PROFILES, type Profile } from './profiles.js';

export interface BenchArguments {
  readonly profile: Profile;
  readonly seed: number;
  /** The one scenario that runs; all of the profile where undefined. */
  readonly scenario: string | undefined;
  /** Compare the ratios with the committed results instead of writing new ones. */
  readonly check: boolean;
}

const DEFAULT_PROFILE = 'standard';
const DEFAULT_SEED = 6;

/** @throws Error that says what is allowed */
export function parseArguments(args: readonly string[], scenarios: readonly string[]): BenchArguments {
  const given = new Map<string, string>();
  for (let at = 0; at < args.length; at++) {
    const name = args[at] ?? '';
    if (name === '--check') given.set(name, 'yes');
    else given.set(name, args[++at] ?? '');
  }
  const known = ['--profile', '--scenario', '--seed', '--check'];
  const unknown = [...given.keys()].filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`${unknown.join(', ')}: there are ${known.join(', ')}`);
  const scenario = given.get('--scenario');
  if (scenario !== undefined && !scenarios.includes(scenario)) {
    throw new Error(`there is no scenario "${scenario}"; there are ${scenarios.join(', ')}`);
  }
  const seed = Number(given.get('--seed') ?? DEFAULT_SEED);
  if (!Number.isInteger(seed) || seed < 0) throw new Error('--seed takes a whole number from 0');
  return { profile: profileNamed(given.get('--profile')), seed, scenario, check: given.has('--check') };
}

function profileNamed(name = DEFAULT_PROFILE): Profile {
  const found = PROFILES.find((profile) => profile.name === name);
  if (found) return found;
  throw new Error(`there is no profile "${name}"; there are ${PROFILES.map((each) => each.name).join(', ')}`);
}
