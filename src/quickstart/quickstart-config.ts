import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** The environment to run in, and how to clear away what was made for it. */
export interface QuickstartEnvironment {
  readonly variables: Environment;
  clearAway(): Promise<void>;
}

/**
 * Puts the quickstart's defaults under the environment that is given. A run that ends by itself takes a
 * free port and a data folder of its own, so that it meets neither a running Tidegate nor its data.
 */
export async function quickstartEnvironment(
  given: Environment,
  endsByItself: boolean,
): Promise<QuickstartEnvironment> {
  // The log of every request would bury the table.
  const quiet = overDefaults({ TIDEGATE_LOG_LEVEL: 'warn' }, given);
  if (!endsByItself) return { variables: quiet, clearAway: () => Promise.resolve() };
  const folder = await mkdtemp(join(tmpdir(), 'tidegate-quickstart-'));
  return {
    variables: overDefaults({ TIDEGATE_PORT: '0', TIDEGATE_DATA_DIR: folder }, quiet),
    clearAway: () => rm(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** An empty variable counts as unset, as it does for the configuration. */
function overDefaults(defaults: Environment, given: Environment): Environment {
  const set = Object.entries(given).filter(([, value]) => value !== undefined && value !== '');
  return { ...defaults, ...Object.fromEntries(set) };
}
