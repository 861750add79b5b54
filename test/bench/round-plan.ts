export type Side = 'tidegate' | 'chroma';

/**
 * Who is measured when: each round measures both sides, one right after the other, and every second round
 * begins with the other one, so that whatever drifts on the machine hits both alike.
 */
export function planRounds(rounds: number): readonly (readonly [Side, Side])[] {
  return Array.from({ length: rounds }, (_, round) =>
    round % 2 === 0 ? (['tidegate', 'chroma'] as const) : (['chroma', 'tidegate'] as const),
  );
}
