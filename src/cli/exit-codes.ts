import { TidegateError, type ErrorCode } from '../../modules/vector/errors.js';
import { ConfigError } from '../config.js';

/** How a command ended. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  store: 3,
  damaged: 4,
  refused: 5,
  differs: 6,
  notWritten: 7,
  notFound: 8,
} as const;

export const EXIT_CODES_HELP = `Exit codes:
  0  done, and verified
  1  failed for another reason
  2  the command line or the environment is wrong
  3  the store cannot be reached, or failed: run the same command again, it continues
  4  the backup is damaged, unfinished, or none
  5  refused: a name is taken, a file exists, another format version, another configuration
  6  verified, and not the same
  7  the file cannot be written, as on a full disk: make room and run the same command again
  8  no such file or collection
`;

const CODES: Partial<Record<ErrorCode, number>> = {
  'store-unreachable': EXIT.store,
  'store-failed': EXIT.store,
  'store-timeout': EXIT.store,
  'bad-request': EXIT.store,
  'backup-damaged': EXIT.damaged,
  'backup-refused': EXIT.refused,
  'backup-differs': EXIT.differs,
  'backup-not-written': EXIT.notWritten,
  'not-found': EXIT.notFound,
};

/** The command line cannot be understood. */
export class UsageError extends Error {}

/** The command could not be carried out; the message says why, and what to do. */
export class CommandFailed extends Error {}

/** What to tell of an error, and the exit code. */
export function failureOf(error: unknown): { readonly text: string; readonly code: number } {
  if (error instanceof TidegateError) {
    return { text: `${error.message}; ${error.remedy}`, code: CODES[error.code] ?? EXIT.failed };
  }
  if (error instanceof UsageError || error instanceof ConfigError || isArgumentError(error)) {
    return { text: `${error.message}; --help tells more`, code: EXIT.usage };
  }
  if (error instanceof CommandFailed) return { text: error.message, code: EXIT.failed };
  return { text: error instanceof Error ? (error.stack ?? error.message) : String(error), code: EXIT.failed };
}

/** Thrown by node:util's parseArgs. */
function isArgumentError(error: unknown): error is Error {
  return (
    error instanceof TypeError && String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS')
  );
}
