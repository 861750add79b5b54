/** Steps that still fail, and how; no error where they did not fail a second time. */
export interface Reduced<T> {
  readonly steps: readonly T[];
  readonly error: Error | undefined;
}

/**
 * Leaves out as many steps as it can in the time given, larger pieces first. What happens at once differs
 * from run to run, so steps that pass now might fail another time: the rest is small, not smallest.
 */
export async function reducedSteps<T>(
  steps: readonly T[],
  play: (steps: readonly T[]) => Promise<void>,
  limitMs: number,
): Promise<Reduced<T>> {
  const deadline = performance.now() + limitMs;
  const failureOf = (tried: readonly T[]) => play(tried).then(noError, asError);
  let reduced: Reduced<T> = { steps, error: await failureOf(steps) };
  if (reduced.error === undefined) return reduced;
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < reduced.steps.length && performance.now() < deadline;) {
      const fewer = reduced.steps.toSpliced(start, size);
      const error = await failureOf(fewer);
      if (error) reduced = { steps: fewer, error };
      else start += size;
    }
  }
  return reduced;
}

function noError(): undefined {
  return undefined;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
