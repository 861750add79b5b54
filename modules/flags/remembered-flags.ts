import type { FlagName } from './flag-document.js';

/** Callers beyond are evaluated each time. */
const MAX_CALLERS = 10_000;

/** What flags were evaluated to, caller by caller, for as long as that holds. */
export class RememberedFlags {
  private readonly flags = new Map<FlagName, Map<string, boolean>>();

  get(flag: FlagName, callerKey: string): boolean | undefined {
    return this.flags.get(flag)?.get(callerKey);
  }

  set(flag: FlagName, callerKey: string, on: boolean): void {
    const callers = this.flags.get(flag);
    if (callers === undefined) this.flags.set(flag, new Map([[callerKey, on]]));
    else if (callers.size < MAX_CALLERS) callers.set(callerKey, on);
  }
}
