import { z } from 'zod';

const MIB = 1024 * 1024;

const integer = (fallback: number, min: number, max: number) =>
  z.coerce.number().int().min(min).max(max).default(fallback);

const address = () =>
  z
    .string()
    .regex(/^https?:\/\/[^/?#\s]+\/?$/, 'only scheme, host and port are allowed, as in http://host:8000');

/** The environment, whole: every variable with its default, its bounds and its meaning. */
const Environment = z.object({
  TIDEGATE_HOST: z.string().min(1).default('127.0.0.1').describe('address to listen on'),
  TIDEGATE_PORT: integer(8000, 0, 65_535).describe('port to listen on; 0 takes a free one'),
  TIDEGATE_DATA_DIR: z
    .string()
    .min(1)
    .default('./data')
    .describe(
      'folder of the flag file, pins, journal, snapshots and the embedded ChromaDB; of one process only',
    ),
  TIDEGATE_RUNTIME_DIR: z
    .string()
    .min(1)
    .default('./.runtime')
    .describe('folder for the newer C library that the embedded ChromaDB needs on older systems'),
  TIDEGATE_CHROMA_URL: address()
    .optional()
    .describe('ChromaDB to stand in front of; unset starts an embedded one'),
  TIDEGATE_CHROMA_CONNECTIONS: integer(64, 1, 1024).describe('connections: most kept open to ChromaDB'),
  TIDEGATE_CHROMA_TIMEOUT_MS: integer(30_000, 100, 600_000).describe(
    'milliseconds: longest a call to ChromaDB may take',
  ),
  TIDEGATE_CHROMA_CONNECT_TIMEOUT_MS: integer(2_000, 10, 60_000).describe(
    'milliseconds: longest a connection to ChromaDB may take to open',
  ),
  TIDEGATE_CHROMA_START_TIMEOUT_MS: integer(60_000, 1_000, 600_000).describe(
    'milliseconds: longest the embedded ChromaDB may take to answer its heartbeat',
  ),
  TIDEGATE_BODY_MAX_BYTES: integer(40 * MIB, 1024, 1024 * MIB).describe(
    "bytes: largest request body; as ChromaDB's max_payload_size_bytes",
  ),
  TIDEGATE_BREAKER_WINDOW_MS: integer(10_000, 100, 600_000).describe(
    'milliseconds: window over which failures are counted',
  ),
  TIDEGATE_BREAKER_MIN_CALLS: integer(20, 1, 100_000).describe(
    'calls: fewer in a window never open the breaker',
  ),
  TIDEGATE_BREAKER_ERROR_PERCENT: integer(50, 1, 100).describe(
    'percent: share of failed calls that opens the breaker',
  ),
  TIDEGATE_BREAKER_RESET_MS: integer(1_000, 10, 600_000).describe(
    'milliseconds: time the breaker stays open before it probes',
  ),
  TIDEGATE_HOT_MEMORY_MB: integer(2_048, 1, 1_048_576).describe(
    'mebibytes: memory that all mirrors together may hold',
  ),
  TIDEGATE_ANSWER_CACHE_MB: integer(64, 1, 65_536).describe(
    'mebibytes: memory that the answer cache may hold',
  ),
  TIDEGATE_WARM_PAGE_RECORDS: integer(500, 1, 5_000).describe(
    'records: size of one page read from ChromaDB while a mirror warms up',
  ),
  TIDEGATE_WARM_SHARE_PERCENT: integer(100, 1, 100).describe(
    'percent: part of its time in which a warm-up reads and fills in pages; less leaves more to callers',
  ),
  TIDEGATE_WARM_PATIENCE_MS: integer(300_000, 0, 3_600_000).describe(
    'milliseconds: longest a warm-up bears with a ChromaDB that fails, in all, before it begins anew',
  ),
  TIDEGATE_SEARCH_TIMEOUT_MS: integer(2_000, 1, 60_000).describe(
    'milliseconds: longest a mirror may take before ChromaDB is asked',
  ),
  TIDEGATE_SEARCH_QUEUE_MAX: integer(256, 1, 100_000).describe(
    'searches: most waiting in the mirror worker before ChromaDB is asked',
  ),
  TIDEGATE_SETTLE_MS: integer(5_000, 0, 3_600_000).describe(
    'milliseconds: longest a write in doubt may still be on its way to a ChromaDB that answers again',
  ),
  TIDEGATE_MIRROR_RESIDENCE_MS: integer(60_000, 0, 3_600_000).describe(
    'milliseconds: time for which a new mirror makes room for no other but a pinned one',
  ),
  TIDEGATE_SNAPSHOT_INTERVAL_MS: integer(300_000, 0, 86_400_000).describe(
    'milliseconds: time between two snapshots of a mirror that changes; 0 takes none by itself',
  ),
  TIDEGATE_DRIFT_CHECK_MS: integer(5_000, 10, 3_600_000).describe(
    'milliseconds: time after which count and description of each mirrored collection are checked again',
  ),
  TIDEGATE_RECONCILE_INTERVAL_MS: integer(3_600_000, 100, 604_800_000).describe(
    'milliseconds: time within which each mirror is compared with its whole collection',
  ),
  TIDEGATE_RECONCILE_SHARE_PERCENT: integer(5, 1, 100).describe(
    'percent: share of the time that comparisons may read from ChromaDB; it wins over the interval',
  ),
  TIDEGATE_DRIFT_MAX_RECORDS: integer(100, 0, 1_000_000_000).describe(
    'records: more that differ in one comparison take the mirror out of service until it is equal',
  ),
  TIDEGATE_STALE_MAX_AGE_MS: integer(21_600_000, 0, 604_800_000).describe(
    'milliseconds: oldest answer that is given while ChromaDB is away, where the flag stale-reads is on',
  ),
  TIDEGATE_MEMORY_MAX_MB: integer(0, 0, 16_777_216).describe(
    'mebibytes: resident memory beyond which mirrors are given up; 0 takes 90 percent of what there is',
  ),
  TIDEGATE_PRESTOP_MS: integer(0, 0, 600_000).describe(
    'milliseconds: time a shutdown goes on serving, not ready, so that whoever balances load notices',
  ),
  TIDEGATE_SNAPSHOT_FLUSH_MS: integer(5_000, 0, 600_000).describe(
    'milliseconds: time after which a shutdown begins no further snapshot of a mirror that changed',
  ),
  TIDEGATE_SHUTDOWN_MS: integer(10_000, 0, 600_000).describe(
    'milliseconds: longest a shutdown waits for requests in flight',
  ),
  TIDEGATE_URL: address()
    .default('http://127.0.0.1:8000')
    .describe('ChromaDB or Tidegate that the command line works against, unless --url names one'),
  TIDEGATE_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('least level that is logged'),
});

type Environment = z.infer<typeof Environment>;

/** A variable of the environment has a value that is not allowed. The message names all three. */
export class ConfigError extends Error {}

/** Each module's slice of the configuration; sizes in bytes, times in milliseconds. */
export type Config = ReturnType<typeof slices>;

/**
 * Reads the configuration. Empty variables count as unset.
 * @throws ConfigError naming each wrong variable, its value and what is allowed.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  );
  const unknown = Object.keys(given).filter(
    (name) => name.startsWith('TIDEGATE_') && !(name in Environment.shape),
  );
  if (unknown.length > 0) {
    throw new ConfigError(`${unknown.join(', ')}: no such variable; --print-config lists those that exist`);
  }
  const parsed = Environment.safeParse(given);
  if (!parsed.success)
    throw new ConfigError(parsed.error.issues.map((issue) => explain(issue, given)).join('\n'));
  return slices(parsed.data);
}

function explain(issue: z.core.$ZodIssue, given: Readonly<Record<string, string | undefined>>): string {
  const name = String(issue.path[0]);
  const [, meaning = ''] = describeConfig(name).split('\n    ');
  return `${name} is ${JSON.stringify(given[name])}: ${issue.message}. It is ${meaning}.`;
}

function slices(env: Environment) {
  return {
    server: {
      host: env.TIDEGATE_HOST,
      port: env.TIDEGATE_PORT,
      preStopMs: env.TIDEGATE_PRESTOP_MS,
      shutdownMs: env.TIDEGATE_SHUTDOWN_MS,
      logLevel: env.TIDEGATE_LOG_LEVEL,
    },
    chroma: {
      url: env.TIDEGATE_CHROMA_URL,
      dataDir: env.TIDEGATE_DATA_DIR,
      runtimeDir: env.TIDEGATE_RUNTIME_DIR,
      maxConnections: env.TIDEGATE_CHROMA_CONNECTIONS,
      maxBodyBytes: env.TIDEGATE_BODY_MAX_BYTES,
      timeoutMs: env.TIDEGATE_CHROMA_TIMEOUT_MS,
      connectTimeoutMs: env.TIDEGATE_CHROMA_CONNECT_TIMEOUT_MS,
      startTimeoutMs: env.TIDEGATE_CHROMA_START_TIMEOUT_MS,
      breaker: {
        windowMs: env.TIDEGATE_BREAKER_WINDOW_MS,
        minCalls: env.TIDEGATE_BREAKER_MIN_CALLS,
        errorPercent: env.TIDEGATE_BREAKER_ERROR_PERCENT,
        resetMs: env.TIDEGATE_BREAKER_RESET_MS,
      },
    },
    hot: {
      maxMirrorBytes: env.TIDEGATE_HOT_MEMORY_MB * MIB,
      maxAnswerCacheBytes: env.TIDEGATE_ANSWER_CACHE_MB * MIB,
      searchTimeoutMs: env.TIDEGATE_SEARCH_TIMEOUT_MS,
      maxQueuedSearches: env.TIDEGATE_SEARCH_QUEUE_MAX,
    },
    sync: {
      pageRecords: env.TIDEGATE_WARM_PAGE_RECORDS,
      warmSharePercent: env.TIDEGATE_WARM_SHARE_PERCENT,
      warmPatienceMs: env.TIDEGATE_WARM_PATIENCE_MS,
      settleMs: env.TIDEGATE_SETTLE_MS,
      snapshotIntervalMs: env.TIDEGATE_SNAPSHOT_INTERVAL_MS,
      snapshotFlushMs: env.TIDEGATE_SNAPSHOT_FLUSH_MS,
      maxResidentBytes: env.TIDEGATE_MEMORY_MAX_MB * MIB,
      minResidenceMs: env.TIDEGATE_MIRROR_RESIDENCE_MS,
      driftCheckMs: env.TIDEGATE_DRIFT_CHECK_MS,
      reconcileIntervalMs: env.TIDEGATE_RECONCILE_INTERVAL_MS,
      reconcileSharePercent: env.TIDEGATE_RECONCILE_SHARE_PERCENT,
      driftMaxRecords: env.TIDEGATE_DRIFT_MAX_RECORDS,
      dataDir: env.TIDEGATE_DATA_DIR,
    },
    routing: { staleMaxAgeMs: env.TIDEGATE_STALE_MAX_AGE_MS },
    commandLine: { url: env.TIDEGATE_URL },
    flags: { dataDir: env.TIDEGATE_DATA_DIR },
    gateway: { maxBodyBytes: env.TIDEGATE_BODY_MAX_BYTES },
  };
}

/**
 * The table of `--print-config`: name, default, bounds and meaning (with its unit) of every variable, or of
 * one.
 */
export function describeConfig(only?: string): string {
  const { properties = {} } = z.toJSONSchema(Environment, { io: 'input' });
  return Object.entries(properties)
    .filter(([name]) => only === undefined || name === only)
    .map(([name, property]) => (typeof property === 'boolean' ? name : describeVariable(name, property)))
    .join('\n');
}

function describeVariable(name: string, property: z.core.JSONSchema.JSONSchema): string {
  const { default: fallback, description = '', minimum = 0, maximum, enum: choices } = property;
  const range = maximum === undefined ? '' : ` (${minimum} to ${maximum})`;
  const allowed = choices ? ` (${choices.join(' | ')})` : range;
  return `${name}=${fallback === undefined ? '' : JSON.stringify(fallback)}\n    ${description}${allowed}`;
}
