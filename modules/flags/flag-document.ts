/** The capabilities that are rolled out, and back, by flag. */
export const FLAG_NAMES = ['mirror-reads', 'answer-cache-reads', 'stale-reads'] as const;
export type FlagName = (typeof FLAG_NAMES)[number];

/** A flag file in flagd's format, unread. */
export interface FlagDocument {
  readonly flags: Readonly<Record<string, unknown>>;
}

/** Off unless an operator turns them on; a document may leave them out, as those of earlier versions do. */
const OFF_AT_FIRST: ReadonlySet<FlagName> = new Set(['stale-reads']);

/** What a first start writes: everything on that cannot change an answer. */
export function defaultFlagDocument(): FlagDocument {
  return { flags: Object.fromEntries(FLAG_NAMES.map((name) => [name, defaultFlag(name)])) };
}

function defaultFlag(name: FlagName): object {
  const defaultVariant = OFF_AT_FIRST.has(name) ? 'off' : 'on';
  return { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant };
}

/**
 * What is wrong with a flag document beyond flagd's own schema: a flag of ours is missing or unknown, or it
 * is not a boolean with the variants `on` and `off`, which the router and the metrics count by.
 * @returns one sentence for each fault; empty when the document may be used
 */
export function faultsOf(document: unknown): string[] {
  if (!isRecord(document) || !isRecord(document['flags'])) return ['the document needs an object "flags"'];
  const flags = document['flags'];
  const unknown = Object.keys(flags).filter((name) => !FLAG_NAMES.some((known) => known === name));
  return [
    ...unknown.map((name) => `"${name}" is no flag of Tidegate; the flags are ${FLAG_NAMES.join(', ')}`),
    ...FLAG_NAMES.flatMap((name) => faultOfFlag(name, flags[name])),
  ];
}

function faultOfFlag(name: FlagName, flag: unknown): string[] {
  if (flag === undefined && OFF_AT_FIRST.has(name)) return [];
  if (!isRecord(flag)) return [`"${name}" is missing`];
  const variants = flag['variants'];
  const boolean = isRecord(variants) && variants['on'] === true && variants['off'] === false;
  const others = isRecord(variants) ? Object.keys(variants).length - 2 : 0;
  const faults: string[] = [];
  if (!boolean || others !== 0) faults.push(`"${name}" needs the variants {"on":true,"off":false}`);
  if (flag['defaultVariant'] !== 'on' && flag['defaultVariant'] !== 'off') {
    faults.push(`"${name}" needs the defaultVariant "on" or "off"`);
  }
  faults.push(...faultsOfTargeting(name, flag['targeting']));
  if (flag['state'] !== 'ENABLED' && flag['state'] !== 'DISABLED') {
    faults.push(`"${name}" needs the state "ENABLED" or "DISABLED"`);
  }
  return faults;
}

/** Shares must be given to the variants that exist, wherever in the targeting they stand. */
function faultsOfTargeting(name: FlagName, rule: unknown): string[] {
  if (Array.isArray(rule)) return rule.flatMap((part) => faultsOfTargeting(name, part));
  if (!isRecord(rule)) return [];
  return Object.entries(rule).flatMap(([operation, operands]) => {
    if (operation !== 'fractional' || !Array.isArray(operands)) return faultsOfTargeting(name, operands);
    const variants = operands
      .filter((operand) => Array.isArray(operand))
      .map(([variant]: unknown[]) => variant);
    return variants
      .filter((variant) => variant !== 'on' && variant !== 'off')
      .map(
        (variant) => `"${name}" gives a share to ${JSON.stringify(variant)}, which is neither "on" nor "off"`,
      );
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
