/** An operator's word on a collection's mirror. */
export const PINS = ['auto', 'always', 'never'] as const;

/** `auto`: by heat; `always`: before any other; `never`: not mirrored. */
export type Pin = (typeof PINS)[number];

export function isPin(value: unknown): value is Pin {
  return PINS.some((pin) => pin === value);
}
