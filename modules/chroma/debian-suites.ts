/** Whether dotted version `a` is older than `b`; missing parts count as zero. */
export function isOlderVersion(a: string, b: string): boolean {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/**
 * An apt source list with every suite of one release (`bookworm`, `bookworm-updates`) renamed to another's.
 * @returns undefined when the list names no suite of that release
 */
export function renameSuites(list: string, release: string, newer: string): string | undefined {
  const suite = new RegExp(`\\b${release}\\b`, 'g');
  return suite.test(list) ? list.replace(suite, newer) : undefined;
}
