import { z } from 'zod';

const MIB = 1024 * 1024;

const integer = (fallback: number, min: number, max: number) =>
  z.coerce.number().int().min(min).max(max).default(fallback);

const address = () =>
  z
    .string()
    .regex(/^https?:\/\/[^/?#\s]+\/?$/, 'only scheme, host and port are allowed, as in http://host:8000');

/** Breakers: of ChromaDB's reads, writes and administration, and of the mirror worker. */
const BREAKERS = {
  TIDEGATE_BREAKER_WINDOW_MS: integer(10_000, 100, 600_000).describe(
    'milliseconds: window over which failed and slow calls are counted',
  ),
  TIDEGATE_BREAKER_MIN_CALLS: integer(20, 1, 100_000).describe(
    'calls: fewer in a window never open a breaker',
  ),
  TIDEGATE_BREAKER_ERROR_PERCENT: integer(50, 1, 100).describe(
    'percent: more failed calls than this open a breaker',
  ),
  TIDEGATE_BREAKER_SLOW_PERCENT: integer(80, 1, 100).describe(
    'percent: more slow calls than this open a breaker; 100 lets none do',
  ),
  TIDEGATE_BREAKER_READ_SLOW_MS: integer(2_000, 1, 600_000).describe(
    'milliseconds: a read of ChromaDB that takes so long is slow',
  ),
  TIDEGATE_BREAKER_WRITE_SLOW_MS: integer(10_000, 1, 600_000).describe(
    'milliseconds: a write to ChromaDB that takes so long is slow',
  ),
  TIDEGATE_BREAKER_ADMIN_SLOW_MS: integer(10_000, 1, 600_000).describe(
    'milliseconds: an administrative call to ChromaDB that takes so long is slow',
  ),
  TIDEGATE_BREAKER_MIRROR_SLOW_MS: integer(1_000, 1, 600_000).describe(
    'milliseconds: a read of a mirror that takes so long is slow',
  ),
  TIDEGATE_BREAKER_OPEN_MS: integer(1_000, 10, 600_000).describe(
    'milliseconds: time a breaker stays open before it lets probes through; doubles each time in a row',
  ),
  TIDEGATE_BREAKER_OPEN_MAX_MS: integer(8_000, 10, 600_000).describe(
    'milliseconds: longest a breaker stays open before it lets probes through',
  ),
  TIDEGATE_BREAKER_PROBES: integer(3, 1, 1_000).describe(
    'calls: most that a half-open breaker lets through at a time',
  ),
  TIDEGATE_BREAKER_CLOSE_AFTER: integer(3, 1, 1_000).describe(
    'calls: good ones in a row, or heartbeats, that close a half-open breaker',
  ),
  TIDEGATE_PROBE_INTERVAL_MS: integer(500, 10, 60_000).describe(
    'milliseconds: time between two heartbeats asked of ChromaDB while one of its breakers is not closed',
  ),
};

/** Deadlines of requests and connections, and retries within them. */
const DEADLINES = {
  TIDEGATE_READ_TIMEOUT_MS: integer(10_000, 1, 600_000).describe(
    'milliseconds: longest a request that reads may take; callers lower it by x-request-timeout-ms',
  ),
  TIDEGATE_WRITE_TIMEOUT_MS: integer(30_000, 1, 600_000).describe(
    'milliseconds: longest a request that writes records may take; callers lower it as for reads',
  ),
  TIDEGATE_ADMIN_TIMEOUT_MS: integer(30_000, 1, 600_000).describe(
    'milliseconds: longest a request that changes collections may take; callers lower it as for reads',
  ),
  TIDEGATE_HEADERS_TIMEOUT_MS: integer(10_000, 10, 600_000).describe(
    'milliseconds: longest the headers of a request may take to come in',
  ),
  TIDEGATE_CONNECTIONS_MAX: integer(8_192, 1, 1_000_000).describe(
    'connections: most that callers may have open; further ones are closed at once',
  ),
  TIDEGATE_RETRY_MAX: integer(2, 0, 10).describe(
    'retries: most of one read that ChromaDB broke off, or answered 502, 503 or 504 to',
  ),
  TIDEGATE_RETRY_BASE_MS: integer(50, 1, 60_000).describe(
    'milliseconds: longest pause before the first retry; twice as long before each further one',
  ),
  TIDEGATE_RETRY_PAUSE_MAX_MS: integer(1_000, 1, 60_000).describe(
    'milliseconds: longest pause before any retry',
  ),
  TIDEGATE_RETRY_BUDGET_PERCENT: integer(20, 0, 100).describe(
    'percent: retries are at most this share of the reads of the last 10 s',
  ),
  TIDEGATE_RETRY_BUDGET_MIN: integer(3, 0, 10_000).describe(
    'retries: so many in 10 s are allowed whatever the share',
  ),
  TIDEGATE_HEDGE_AFTER_MS: integer(0, 0, 60_000).describe(
    'milliseconds: a read that ChromaDB has not answered by then is asked once more beside it; 0 never',
  ),
};

/** How much may be under way at one time, and how it is shared. */
const ADMISSION = {
  TIDEGATE_CHROMA_CALLS_MIN: integer(4, 1, 10_000).describe(
    'calls: least that ChromaDB is given at one time, of reads, of writes and of administration each',
  ),
  TIDEGATE_CHROMA_CALLS_MAX: integer(32, 1, 10_000).describe(
    'calls: most that ChromaDB is given at one time, of each kind; its latency decides in between',
  ),
  TIDEGATE_CHROMA_OWN_CALLS: integer(8, 1, 10_000).describe(
    "calls: most of Tidegate's own, for warm-ups, read-backs and comparisons, at one time",
  ),
  TIDEGATE_CHROMA_QUEUE_MAX: integer(128, 0, 100_000).describe(
    'calls: most of each kind that wait until ChromaDB takes them; the others are refused at once',
  ),
  TIDEGATE_CHROMA_QUEUE_MS: integer(500, 0, 600_000).describe(
    'milliseconds: longest a read waits until ChromaDB takes it; who would wait longer is refused at once',
  ),
  TIDEGATE_CHROMA_WRITE_QUEUE_MS: integer(30_000, 0, 600_000).describe(
    'milliseconds: the same for writes and administration, which ChromaDB works off one after the other',
  ),
  TIDEGATE_SHARE_PERCENT: integer(50, 1, 100).describe(
    'percent: part of what a tier takes that one caller, or one collection, may have while others ask',
  ),
  TIDEGATE_REQUESTS_MAX: integer(2_048, 1, 1_000_000).describe(
    'requests: most in flight; the others are refused before their bodies are read',
  ),
  TIDEGATE_BODIES_MAX_MB: integer(256, 1, 1_048_576).describe(
    'mebibytes: memory that bodies of requests in flight may hold; the others are refused',
  ),
};

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
  TIDEGATE_CHROMA_CONNECTIONS: integer(128, 1, 1024).describe('connections: most kept open to ChromaDB'),
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
  ...BREAKERS,
  ...DEADLINES,
  ...ADMISSION,
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
    'searches: most waiting for the mirror worker before ChromaDB is asked, where that has room at once',
  ),
  TIDEGATE_SEARCH_QUEUE_MS: integer(250, 0, 60_000).describe(
    'milliseconds: longest a search waits for the mirror worker before ChromaDB is asked likewise',
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
      headersTimeoutMs: env.TIDEGATE_HEADERS_TIMEOUT_MS,
      maxConnections: env.TIDEGATE_CONNECTIONS_MAX,
    },
    chroma: chromaSlice(env),
    hot: {
      maxMirrorBytes: env.TIDEGATE_HOT_MEMORY_MB * MIB,
      maxAnswerCacheBytes: env.TIDEGATE_ANSWER_CACHE_MB * MIB,
      searchTimeoutMs: env.TIDEGATE_SEARCH_TIMEOUT_MS,
      maxQueuedSearches: env.TIDEGATE_SEARCH_QUEUE_MAX,
      breaker: breaker(env, env.TIDEGATE_BREAKER_MIRROR_SLOW_MS),
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
    commandLine: { url: env.TIDEGATE_URL },
    flags: { dataDir: env.TIDEGATE_DATA_DIR },
    routing: {
      maxQueuedSearches: env.TIDEGATE_SEARCH_QUEUE_MAX,
      searchQueueMs: env.TIDEGATE_SEARCH_QUEUE_MS,
      sharePercent: env.TIDEGATE_SHARE_PERCENT,
      staleMaxAgeMs: env.TIDEGATE_STALE_MAX_AGE_MS,
    },
    gateway: {
      maxBodyBytes: env.TIDEGATE_BODY_MAX_BYTES,
      maxRequests: env.TIDEGATE_REQUESTS_MAX,
      maxHeldBodyBytes: env.TIDEGATE_BODIES_MAX_MB * MIB,
      timeoutMs: {
        read: env.TIDEGATE_READ_TIMEOUT_MS,
        write: env.TIDEGATE_WRITE_TIMEOUT_MS,
        admin: env.TIDEGATE_ADMIN_TIMEOUT_MS,
      },
    },
  };
}

function chromaSlice(env: Environment) {
  return {
    url: env.TIDEGATE_CHROMA_URL,
    dataDir: env.TIDEGATE_DATA_DIR,
    runtimeDir: env.TIDEGATE_RUNTIME_DIR,
    maxConnections: env.TIDEGATE_CHROMA_CONNECTIONS,
    maxBodyBytes: env.TIDEGATE_BODY_MAX_BYTES,
    timeoutMs: env.TIDEGATE_CHROMA_TIMEOUT_MS,
    connectTimeoutMs: env.TIDEGATE_CHROMA_CONNECT_TIMEOUT_MS,
    startTimeoutMs: env.TIDEGATE_CHROMA_START_TIMEOUT_MS,
    breakers: {
      read: breaker(env, env.TIDEGATE_BREAKER_READ_SLOW_MS),
      write: breaker(env, env.TIDEGATE_BREAKER_WRITE_SLOW_MS),
      admin: breaker(env, env.TIDEGATE_BREAKER_ADMIN_SLOW_MS),
    },
    probeIntervalMs: env.TIDEGATE_PROBE_INTERVAL_MS,
    retries: {
      most: env.TIDEGATE_RETRY_MAX,
      baseMs: env.TIDEGATE_RETRY_BASE_MS,
      maxMs: env.TIDEGATE_RETRY_PAUSE_MAX_MS,
      budget: { percent: env.TIDEGATE_RETRY_BUDGET_PERCENT, least: env.TIDEGATE_RETRY_BUDGET_MIN },
      hedgeAfterMs: env.TIDEGATE_HEDGE_AFTER_MS,
    },
    admission: {
      minCalls: Math.min(env.TIDEGATE_CHROMA_CALLS_MIN, env.TIDEGATE_CHROMA_CALLS_MAX),
      maxCalls: env.TIDEGATE_CHROMA_CALLS_MAX,
      ownCalls: env.TIDEGATE_CHROMA_OWN_CALLS,
      queueMax: env.TIDEGATE_CHROMA_QUEUE_MAX,
      queueMs: env.TIDEGATE_CHROMA_QUEUE_MS,
      writeQueueMs: env.TIDEGATE_CHROMA_WRITE_QUEUE_MS,
      sharePercent: env.TIDEGATE_SHARE_PERCENT,
    },
  };
}

function breaker(env: Environment, slowMs: number) {
  return {
    windowMs: env.TIDEGATE_BREAKER_WINDOW_MS,
    minCalls: env.TIDEGATE_BREAKER_MIN_CALLS,
    errorPercent: env.TIDEGATE_BREAKER_ERROR_PERCENT,
    slowPercent: env.TIDEGATE_BREAKER_SLOW_PERCENT,
    slowMs,
    openMs: env.TIDEGATE_BREAKER_OPEN_MS,
    maxOpenMs: env.TIDEGATE_BREAKER_OPEN_MAX_MS,
    probes: env.TIDEGATE_BREAKER_PROBES,
    closeAfter: env.TIDEGATE_BREAKER_CLOSE_AFTER,
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
