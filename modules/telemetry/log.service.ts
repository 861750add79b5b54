import { pino, type Logger } from 'pino';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * One JSON line an event on standard output. Events are named in kebab case; fields are scalars, so that no
 * vector, document or token can slip into a log.
 */
export class Log {
  private readonly pino: Logger;

  constructor(level: LogLevel) {
    this.pino = pino({ level, base: null, messageKey: 'event', timestamp: pino.stdTimeFunctions.isoTime });
  }

  debug(event: string, fields: LogFields = {}): void {
    this.pino.debug(fields, event);
  }

  info(event: string, fields: LogFields = {}): void {
    this.pino.info(fields, event);
  }

  warn(event: string, fields: LogFields = {}): void {
    this.pino.warn(fields, event);
  }

  error(event: string, fields: LogFields = {}): void {
    this.pino.error(fields, event);
  }
}

/** What to log of a thrown value. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
