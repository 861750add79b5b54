/** Longer patterns are left to ChromaDB. */
const MAX_PATTERN_CHARS = 1_000;
/** The pattern's length, and its classes of Unicode's thousands of letters, with repetitions written out. */
const MAX_REPEATED_CHARS = 10_000;
const MAX_REPEATED_CLASSES = 60;
/** One such class, in characters: about what it adds to the work on a document. */
const CLASS_WEIGHT = 10;
/** Under the flag `x` blanks and comments may stand anywhere, also between an atom and its repetition. */
const IGNORES_BLANKS = /\(\?[a-zA-Z-]*x/;
/** An escape, or what stands in the braces of a counted repetition. */
const ESCAPES_AND_COUNTS = /\\(?:[xuU]\{[^}]*\}|[^])|\{([^{}]*)\}/g;
const CLASS = /^\\[wWdDsSpP]/;
const REPEATS_A_GROUP = /[)}][?*+]*$/;

/**
 * How much work a regular expression can be at each character of a document: its length with counted
 * repetitions written out, from above. A repetition multiplies what is inside the group before it, so those
 * of groups are multiplied with each other and with the largest of all others.
 * @returns undefined for patterns that would take long, or much memory, to compile: well below the 10 MiB at
 * which ChromaDB's engine refuses (`\w{210}`)
 */
export function patternWeight(pattern: string): number | undefined {
  if (pattern.length > MAX_PATTERN_CHARS || IGNORES_BLANKS.test(pattern)) return undefined;
  let ofGroups = 1;
  let ofOthers = 1;
  let classes = 0;
  for (const { 0: found, 1: count, index } of pattern.matchAll(ESCAPES_AND_COUNTS)) {
    if (CLASS.test(found)) classes++;
    if (count === undefined) continue;
    const times = Math.max(1, ...(count.match(/\d+/g) ?? []).map(Number));
    if (REPEATS_A_GROUP.test(pattern.slice(0, index))) ofGroups *= times;
    else ofOthers = Math.max(ofOthers, times);
  }
  const times = ofGroups * ofOthers;
  if (pattern.length * times > MAX_REPEATED_CHARS || classes * times > MAX_REPEATED_CLASSES) return undefined;
  return (pattern.length + CLASS_WEIGHT * classes) * times;
}
