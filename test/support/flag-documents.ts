/** A flag in flagd's format that is on for a share of the callers. */
export function flagForShare(percent: number) {
  return {
    state: 'ENABLED',
    variants: { on: true, off: false },
    defaultVariant: 'off',
    targeting: {
      fractional: [
        ['on', percent],
        ['off', 100 - percent],
      ],
    },
  };
}

/** A flag that is the same for everybody. */
export function flagForAll(variant: 'on' | 'off') {
  return { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: variant };
}

/** Reads from mirrors for a share of the callers, and no answer cache. */
export function mirrorReadsFor(percent: number) {
  return {
    flags: { 'mirror-reads': flagForShare(percent), 'answer-cache-reads': flagForAll('off') },
  };
}
