const RELATIVE_TOLERANCE = 1e-5;
const ABSOLUTE_FLOOR = 1e-6;
const DISTANCE_KEYS: readonly string[] = ['distance', 'distances'];

/**
 * Where two results differ, as readable lines; none when they are equal. Distances may
 * differ by 1e-5 of their size (at least 1e-6); everything else is exact. Keys of objects have no order.
 */
export function differences(actual: unknown, expected: unknown, path = '$', tolerant = false): string[] {
  if (Array.isArray(actual) && Array.isArray(expected)) {
    return [
      ...(actual.length === expected.length ? [] : [told(`${path}.length`, actual.length, expected.length)]),
      ...expected.flatMap((item: unknown, index) =>
        index < actual.length ? differences(actual[index], item, `${path}[${index}]`, tolerant) : [],
      ),
    ];
  }
  if (isObject(actual) && isObject(expected)) {
    const keys = new Set([...Object.keys(actual), ...Object.keys(expected)]);
    return [...keys].flatMap((key) =>
      differences(actual[key], expected[key], `${path}.${key}`, tolerant || DISTANCE_KEYS.includes(key)),
    );
  }
  if (Object.is(actual, expected)) return [];
  if (tolerant && typeof actual === 'number' && typeof expected === 'number' && near(actual, expected))
    return [];
  return [told(path, actual, expected)];
}

export function near(actual: number, expected: number): boolean {
  const allowed = Math.max(ABSOLUTE_FLOOR, RELATIVE_TOLERANCE * Math.abs(expected));
  return Math.abs(actual - expected) <= allowed;
}

function told(path: string, actual: unknown, expected: unknown): string {
  return `${path}: got ${shown(actual)}, expected ${shown(expected)}`;
}

function shown(value: unknown): string {
  return (JSON.stringify(value) as string | undefined)?.slice(0, 300) ?? 'nothing';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
