import fc from 'fast-check';
import { pattern } from './pattern-cases.js';

/** JSON text, so that `1` and `1.0`, which ChromaDB tells apart, can both be written. */
export type JsonText = string;

const quoted = (text: string): JsonText => JSON.stringify(text);

/** Few keys and few values, so that filters often hold for some records and not for others. */
const KEYS = ['a', 'b', 'k "é\\', '#document', '$x'.slice(1)] as const;
const INTEGERS = ['-2', '-1', '0', '1', '2', '3', '9007199254740991'];
const FLOATS = ['-1.5', '0.0', '0.5', '1.0', '1.5', '2.5', '1e3', '-0.0', '2.000001'];
const STRINGS = ['', 'a', 'A', 'ab', 'é', 'a\nb', '"', '%', '\u{1F600}'];
const BOOLEANS = ['true', 'false'];

const integer = fc.constantFrom(...INTEGERS);
const float = fc.constantFrom(...FLOATS);
const string = fc.constantFrom(...STRINGS).map(quoted);
const boolean = fc.constantFrom(...BOOLEANS);
const number = fc.oneof(integer, float);
const scalar = fc.oneof(integer, float, string, boolean);
const key = fc.constantFrom(...KEYS);

const listOf = (element: fc.Arbitrary<JsonText>) =>
  fc.array(element, { minLength: 1, maxLength: 3 }).map((items) => `[${items.join(',')}]`);

const typedList = fc.oneof(listOf(integer), listOf(float), listOf(string), listOf(boolean));

/** Words whose pieces, cases and escapes meet: what is looked for is often nearly there. */
const word = fc.constantFrom(
  'river',
  'River',
  'RIVER',
  'riv',
  'n',
  'b\nc',
  'c:\\n',
  '"q"',
  '100%',
  'a_b',
  'été',
  '\u{1F600}x',
  'r\r\nn\r\n',
  '\u212a \u017f \u0663',
  '',
);
const text = fc.array(word, { minLength: 0, maxLength: 6 }).map((words) => words.join(' '));

/** One record's metadata, as JSON text or null, and its document. */
export interface RecordCase {
  readonly metadata: JsonText;
  readonly document: JsonText;
}

export const recordCase: fc.Arbitrary<RecordCase> = fc.record({
  metadata: fc
    .dictionary(
      fc.constantFrom('a', 'b', 'k "é\\'),
      fc.oneof({ weight: 3, arbitrary: scalar }, { weight: 1, arbitrary: typedList }),
    )
    .map((fields) => Object.entries(fields).map(([name, value]) => `${quoted(name)}:${value}`))
    .map((members) => (members.length === 0 ? 'null' : `{${members.join(',')}}`)),
  document: fc.option(text, { freq: 5 }).map((document) => (document === null ? 'null' : quoted(document))),
});

const field = (name: string, condition: JsonText): JsonText => `{${quoted(name)}:${condition}}`;
const operator = (name: string, operand: JsonText): JsonText => `{${quoted(name)}:${operand}}`;

const condition: fc.Arbitrary<JsonText> = fc.oneof(
  fc.tuple(key, scalar).map(([name, value]) => field(name, value)),
  fc
    .tuple(key, fc.constantFrom('$eq', '$ne'), scalar)
    .map(([name, op, value]) => field(name, operator(op, value))),
  fc
    .tuple(key, fc.constantFrom('$gt', '$gte', '$lt', '$lte'), number)
    .map(([name, op, value]) => field(name, operator(op, value))),
  fc
    .tuple(key, fc.constantFrom('$in', '$nin'), typedList)
    .map(([name, op, list]) => field(name, operator(op, list))),
  fc
    .tuple(fc.constantFrom('a', 'b'), fc.constantFrom('$contains', '$not_contains'), scalar)
    .map(([name, op, value]) => field(name, operator(op, value))),
  fc
    .tuple(fc.constantFrom('$contains', '$not_contains'), word)
    .map(([op, part]) => field('#document', operator(op, quoted(part)))),
  fc
    .tuple(fc.constantFrom('$regex', '$not_regex'), pattern)
    .map(([op, text]) => field('#document', operator(op, quoted(text)))),
);

/** Wrong in ways that callers are wrong: ChromaDB refuses most of them, and takes some. */
const malformed: fc.Arbitrary<JsonText> = fc.oneof(
  fc.constantFrom(
    '{}',
    '[]',
    '1',
    '"a"',
    '{"a":null}',
    '{"a":{}}',
    '{"a":1,"b":2}',
    '{"$and":{}}',
    '{"$not":[]}',
  ),
  fc
    .tuple(key, fc.constantFrom('$gt', '$lte'), fc.oneof(string, boolean))
    .map(([name, op, value]) => field(name, operator(op, value))),
  fc
    .tuple(key, fc.constantFrom('$in', '$nin'), scalar)
    .map(([name, op, value]) => field(name, operator(op, value))),
  fc.tuple(integer, string).map(([first, second]) => field('a', operator('$in', `[${first},${second}]`))),
  fc.constantFrom(
    '{"a":{"$in":[]}}',
    '{"a":{"$in":[1,1.5]}}',
    '{"a":{"$in":[1.5,1]}}',
    '{"a":{"$regex":"x"}}',
    '{"$contains":"x"}',
  ),
);

function nested(leaf: fc.Arbitrary<JsonText>): fc.Arbitrary<JsonText> {
  return fc.letrec<{ filter: JsonText }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      { weight: 4, arbitrary: leaf },
      {
        weight: 1,
        arbitrary: fc
          .tuple(fc.constantFrom('$and', '$or'), fc.array(tie('filter'), { maxLength: 3 }))
          .map(([op, parts]) => operator(op, `[${parts.join(',')}]`)),
      },
    ),
  })).filter;
}

const documentLeaf = fc
  .oneof(
    fc.tuple(fc.constantFrom('$contains', '$not_contains'), word),
    fc.tuple(fc.constantFrom('$regex', '$not_regex'), pattern),
  )
  .map(([op, text]) => operator(op, quoted(text)));

export interface FilterCase {
  readonly where: JsonText;
  readonly whereDocument: JsonText;
}

/** A `where`, a `where_document`, or both. */
export const filterCase: fc.Arbitrary<FilterCase> = fc.record({
  where: fc.oneof(
    { weight: 8, arbitrary: nested(condition) },
    { weight: 1, arbitrary: malformed },
    { weight: 2, arbitrary: fc.constant('null') },
  ),
  whereDocument: fc.oneof(
    { weight: 3, arbitrary: fc.constant('null') },
    { weight: 1, arbitrary: nested(documentLeaf) },
  ),
});

/** Comparing documents as if they were metadata: ChromaDB has its own mind about it. */
const LEFT_TO_CHROMA = /"#document":(?!\{"\$(not_)?(contains|regex)")/;
/** May be too large for mirrors, or take too long on a busy machine. */
const HAS_PATTERN = /"\$(not_)?regex"/;

/** Whether a generated filter that ChromaDB takes is one that mirrors do not evaluate. */
export function isLeftToChroma(filter: JsonText): boolean {
  return LEFT_TO_CHROMA.test(filter);
}

/** Whether it is one that either tier may answer. */
export function hasPattern(filter: JsonText): boolean {
  return HAS_PATTERN.test(filter);
}
