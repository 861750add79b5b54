import { describe, expect, it } from '@jest/globals';
import { ConfigError, describeConfig, readConfig } from './config.js';

const VARIABLES = [
  'TIDEGATE_HOST',
  'TIDEGATE_PORT',
  'TIDEGATE_DATA_DIR',
  'TIDEGATE_RUNTIME_DIR',
  'TIDEGATE_CHROMA_URL',
  'TIDEGATE_CHROMA_CONNECTIONS',
  'TIDEGATE_CHROMA_TIMEOUT_MS',
  'TIDEGATE_CHROMA_CONNECT_TIMEOUT_MS',
  'TIDEGATE_CHROMA_START_TIMEOUT_MS',
  'TIDEGATE_BODY_MAX_BYTES',
  'TIDEGATE_BREAKER_WINDOW_MS',
  'TIDEGATE_BREAKER_MIN_CALLS',
  'TIDEGATE_BREAKER_ERROR_PERCENT',
  'TIDEGATE_BREAKER_SLOW_PERCENT',
  'TIDEGATE_BREAKER_READ_SLOW_MS',
  'TIDEGATE_BREAKER_WRITE_SLOW_MS',
  'TIDEGATE_BREAKER_ADMIN_SLOW_MS',
  'TIDEGATE_BREAKER_MIRROR_SLOW_MS',
  'TIDEGATE_BREAKER_OPEN_MS',
  'TIDEGATE_BREAKER_OPEN_MAX_MS',
  'TIDEGATE_BREAKER_PROBES',
  'TIDEGATE_BREAKER_CLOSE_AFTER',
  'TIDEGATE_PROBE_INTERVAL_MS',
  'TIDEGATE_READ_TIMEOUT_MS',
  'TIDEGATE_WRITE_TIMEOUT_MS',
  'TIDEGATE_ADMIN_TIMEOUT_MS',
  'TIDEGATE_HEADERS_TIMEOUT_MS',
  'TIDEGATE_CONNECTIONS_MAX',
  'TIDEGATE_RETRY_MAX',
  'TIDEGATE_RETRY_BASE_MS',
  'TIDEGATE_RETRY_PAUSE_MAX_MS',
  'TIDEGATE_RETRY_BUDGET_PERCENT',
  'TIDEGATE_RETRY_BUDGET_MIN',
  'TIDEGATE_HEDGE_AFTER_MS',
  'TIDEGATE_CHROMA_CALLS_MIN',
  'TIDEGATE_CHROMA_CALLS_MAX',
  'TIDEGATE_CHROMA_OWN_CALLS',
  'TIDEGATE_CHROMA_QUEUE_MAX',
  'TIDEGATE_CHROMA_QUEUE_MS',
  'TIDEGATE_CHROMA_WRITE_QUEUE_MS',
  'TIDEGATE_SHARE_PERCENT',
  'TIDEGATE_REQUESTS_MAX',
  'TIDEGATE_BODIES_MAX_MB',
  'TIDEGATE_HOT_MEMORY_MB',
  'TIDEGATE_ANSWER_CACHE_MB',
  'TIDEGATE_WARM_PAGE_RECORDS',
  'TIDEGATE_WARM_SHARE_PERCENT',
  'TIDEGATE_WARM_PATIENCE_MS',
  'TIDEGATE_SEARCH_TIMEOUT_MS',
  'TIDEGATE_SEARCH_QUEUE_MAX',
  'TIDEGATE_SEARCH_QUEUE_MS',
  'TIDEGATE_SETTLE_MS',
  'TIDEGATE_MIRROR_RESIDENCE_MS',
  'TIDEGATE_SNAPSHOT_INTERVAL_MS',
  'TIDEGATE_DRIFT_CHECK_MS',
  'TIDEGATE_RECONCILE_INTERVAL_MS',
  'TIDEGATE_RECONCILE_SHARE_PERCENT',
  'TIDEGATE_DRIFT_MAX_RECORDS',
  'TIDEGATE_STALE_MAX_AGE_MS',
  'TIDEGATE_MEMORY_MAX_MB',
  'TIDEGATE_PRESTOP_MS',
  'TIDEGATE_SNAPSHOT_FLUSH_MS',
  'TIDEGATE_SHUTDOWN_MS',
  'TIDEGATE_URL',
  'TIDEGATE_LOG_LEVEL',
];

function faultsOf(env: Record<string, string>): string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}

/** The printed default of a variable; undefined when it has none. */
function printedDefault(name: string): string | undefined {
  const [first = ''] = describeConfig(name).split('\n');
  const text = first.slice(name.length + 1);
  return text === '' ? undefined : String(JSON.parse(text));
}

describe('readConfig', () => {
  it('has a default for everything but the address of ChromaDB', () => {
    const config = readConfig({});
    expect(config.server).toMatchObject({ host: '127.0.0.1', port: 8000, shutdownMs: 10_000 });
    expect(config.chroma.url).toBeUndefined();
    expect(config.hot.maxMirrorBytes).toBe(2048 * 1024 * 1024);
    expect(config.gateway.maxBodyBytes).toBe(config.chroma.maxBodyBytes);
    expect(config.flags.dataDir).toBe(config.chroma.dataDir);
  });

  it('takes an empty variable for unset', () => {
    expect(readConfig(Object.fromEntries(VARIABLES.map((name) => [name, ''])))).toEqual(readConfig({}));
  });

  it('reads what is set, in bytes and milliseconds', () => {
    const config = readConfig({
      TIDEGATE_CHROMA_URL: 'http://chroma:8000',
      TIDEGATE_HOT_MEMORY_MB: '3',
      TIDEGATE_SETTLE_MS: '0',
    });
    expect(config.chroma.url).toBe('http://chroma:8000');
    expect(config.hot.maxMirrorBytes).toBe(3 * 1024 * 1024);
    expect(config.sync.settleMs).toBe(0);
  });

  it.each([
    ['TIDEGATE_PORT', '65536', '(0 to 65535)'],
    ['TIDEGATE_PORT', '-1', '(0 to 65535)'],
    ['TIDEGATE_PORT', '80.5', '(0 to 65535)'],
    ['TIDEGATE_PORT', 'http', '(0 to 65535)'],
    ['TIDEGATE_BREAKER_ERROR_PERCENT', '0', '(1 to 100)'],
    ['TIDEGATE_LOG_LEVEL', 'loud', '(trace | debug | info | warn | error | silent)'],
    ['TIDEGATE_CHROMA_URL', 'ftp://chroma', 'ChromaDB to stand in front of'],
    ['TIDEGATE_CHROMA_URL', 'localhost', 'ChromaDB to stand in front of'],
    ['TIDEGATE_CHROMA_URL', 'localhost:8000', 'ChromaDB to stand in front of'],
    ['TIDEGATE_CHROMA_URL', 'http://chroma/api', 'only scheme, host and port'],
    ['TIDEGATE_CHROMA_URL', 'http://chroma/?a=1', 'only scheme, host and port'],
    ['TIDEGATE_URL', 'tidegate', 'ChromaDB or Tidegate that the command line'],
    ['TIDEGATE_URL', 'ftp://tidegate', 'ChromaDB or Tidegate that the command line'],
  ])('refuses %s=%s naming the variable, the value and what is allowed', (name, value, allowed) => {
    const [fault = '', ...others] = faultsOf({ [name]: value });
    expect(others).toEqual([]);
    expect(fault).toMatch(new RegExp(`^${name} is `));
    expect(fault).toContain(JSON.stringify(value));
    expect(fault).toContain(allowed);
  });

  it('tells every fault at once, one a line', () => {
    const faults = faultsOf({ TIDEGATE_PORT: 'x', TIDEGATE_LOG_LEVEL: 'y', TIDEGATE_SETTLE_MS: '-1' });
    expect(faults.map((fault) => fault.split(' ')[0])).toEqual([
      'TIDEGATE_PORT',
      'TIDEGATE_SETTLE_MS',
      'TIDEGATE_LOG_LEVEL',
    ]);
  });

  it('refuses a variable of its own prefix that it does not know, and no other', () => {
    expect(faultsOf({ TIDEGATE_PROT: '1', PATH: '/bin', HOME: '' })).toEqual([
      'TIDEGATE_PROT: no such variable; --print-config lists those that exist',
    ]);
  });
});

describe('describeConfig', () => {
  it('lists every variable with its meaning', () => {
    const lines = describeConfig().split('\n');
    expect(lines.filter((_, at) => at % 2 === 0).map((line) => line.split('=')[0])).toEqual(VARIABLES);
    for (const meaning of lines.filter((_, at) => at % 2 === 1)) expect(meaning).toMatch(/^ {4}\w.{10}/);
  });

  it.each(VARIABLES)('prints the default of %s as it can be set', (name) => {
    const fallback = printedDefault(name);
    expect(fallback === undefined).toBe(name === 'TIDEGATE_CHROMA_URL');
    expect(readConfig({ [name]: fallback })).toEqual(readConfig({}));
  });
});
