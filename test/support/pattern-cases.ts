import fc from 'fast-check';

/** Regular expressions over the words of filter cases, as they are before JSON quotes them. */
const LITERALS = ['r', 'iv', 'n', 'b', 'c:', 'E', 'a_b', 'é', '"', '%', '_', ' ', '\u{1F600}', 'k', 's', '3'];
const ESCAPES = ['\\\\', '\\.', '\\n', '\\r', '\\x{e9}', '\\u00e9', '\\u{1F600}', '\\x41', '\\"', '\\%'];
const CLASSES = [
  '.',
  '\\d',
  '\\D',
  '\\w',
  '\\W',
  '\\s',
  '\\S',
  '\\pL',
  '\\p{Lu}',
  '\\P{L}',
  '\\p{Latin}',
  '[a-r]',
  '[^a-z]',
  '[]a^-]',
  '[[:upper:]]',
  '[[:^punct:]]',
  '[a-z--[aeiou]]',
  '[\\w&&[^a-q]]',
  '[\\d~~[0-3]]',
];
const ANCHORS = ['^', '$', '\\A', '\\z', '\\b', '\\B', '\\<', '\\b{end}', '(?-u:\\b)', '(?m:^)', '(?m:$)'];
const FLAGS = ['(?i)', '(?m)', '(?s)', '(?mR)', '(?U)', '(?is)', '(?i-s)', '(?im-U)'];
const COUNTS = ['*', '+', '?', '*?', '+?', '??', '{2}', '{1,3}', '{2,}', '{0}', '{ 1 , 2 }'];

const oneOf = (texts: readonly string[]) => fc.constantFrom(...texts);
const join = (parts: fc.Arbitrary<string[]>, between: string) => parts.map((texts) => texts.join(between));

const well = fc.letrec<{ atom: string; piece: string; sequence: string; pattern: string }>((tie) => ({
  atom: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 6, arbitrary: oneOf(LITERALS) },
    { weight: 4, arbitrary: oneOf(CLASSES) },
    { weight: 1, arbitrary: oneOf(ESCAPES) },
    { weight: 2, arbitrary: oneOf(ANCHORS) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(oneOf(['(', '(?:', '(?P<n>', '(?i:', '(?s-i:']), tie('pattern'))
        .map(([open, inner]) => `${open}${open === '(?P<n>' ? inner.replaceAll('(?P<n>', '(') : inner})`),
    },
  ),
  piece: fc.tuple(tie('atom'), fc.option(oneOf(COUNTS), { nil: '', freq: 2 })).map((parts) => parts.join('')),
  sequence: join(fc.array(tie('piece'), { minLength: 0, maxLength: 3 }), ''),
  pattern: join(fc.array(tie('sequence'), { minLength: 1, maxLength: 2 }), '|'),
})).pattern;

/** Anything from what the syntax is made of: seldom a regular expression. */
const broken = join(
  fc.array(
    oneOf(['(?', '(?P<', '[^', '&&', '\\p{', ...Array.from('()[]{}|*+?^$.\\-&~:<>=!#,0129aPpuUxkQbZ')]),
    {
      maxLength: 8,
    },
  ),
  '',
);

/** What ChromaDB refuses, although it is a regular expression elsewhere or in the syntax of its engine. */
const refused = oneOf([
  '(?=r)',
  '(?<!r)',
  '(r)\\1',
  'r(?#n)',
  '(?>r)',
  '\\Z',
  '\\Qr\\E',
  '(?-u)\\w',
  '(?-u:.)',
  '(?i-u)k',
  '[a&&b]',
  'r|[^\\s\\S]',
  '\\P{any}',
  '\\p{Cs}',
]);

/** A regular expression for documents, or what is none. */
export const pattern: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.tuple(fc.option(oneOf(FLAGS), { nil: '', freq: 1 }), well).map((it) => it.join('')),
  },
  { weight: 4, arbitrary: join(fc.array(oneOf(LITERALS), { minLength: 1, maxLength: 3 }), '.*') },
  { weight: 1, arbitrary: broken },
  { weight: 1, arbitrary: refused },
);
