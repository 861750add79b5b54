import type { EvaluationContext, JsonValue, Logger, ResolutionDetails } from '@openfeature/core';
import { FlagdCore, MemoryStorage } from '@openfeature/flagd-core';
import type { Provider } from '@openfeature/server-sdk';
import { faultsOf } from './flag-document.js';

const SILENT: Logger = { error() {}, warn() {}, info() {}, debug() {} };

/** OpenFeature provider over a flag document in flagd's format that is held in memory. */
export class FlagdProvider implements Provider {
  readonly metadata = { name: 'tidegate-flag-file' } as const;
  readonly runsOn = 'server' as const;
  private core = new FlagdCore(undefined, SILENT);

  /**
   * Takes a document into use, whole or not at all.
   * @returns what is wrong with it; empty when it is now in use
   */
  use(text: string): string[] {
    try {
      const faults = faultsOf(JSON.parse(text));
      if (faults.length > 0) return faults;
      const storage = new MemoryStorage(SILENT);
      storage.setConfigurations(text, true);
      this.core = new FlagdCore(storage, SILENT);
      return [];
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  }

  resolveBooleanEvaluation(
    flag: string,
    fallback: boolean,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<boolean>> {
    return Promise.resolve(this.core.resolveBooleanEvaluation(flag, fallback, context));
  }

  resolveStringEvaluation(
    flag: string,
    fallback: string,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<string>> {
    return Promise.resolve(this.core.resolveStringEvaluation(flag, fallback, context));
  }

  resolveNumberEvaluation(
    flag: string,
    fallback: number,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<number>> {
    return Promise.resolve(this.core.resolveNumberEvaluation(flag, fallback, context));
  }

  resolveObjectEvaluation<T extends JsonValue>(
    flag: string,
    fallback: T,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<T>> {
    return Promise.resolve(this.core.resolveObjectEvaluation(flag, fallback, context));
  }
}
