import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** A compiled pattern takes 2 to 20 MB; larger ones are compiled anew each time. */
const MAX_KEPT_PATTERNS = 8;
const MAX_KEPT_PATTERN_BYTES = 8 * 1024 * 1024;
/** Only such patterns can have a class of bytes, which is looked for at a cost of 1 ms for each `\w`. */
const MAY_HAVE_BYTE_CLASS = /\[|\\p|\(\?/i;
const BYTE_CLASS = 'regex_syntax::hir::ClassBytes';

/** What is used of the platform's WebAssembly: Node's type definitions leave it to the DOM's. */
declare const WebAssembly: {
  readonly Module: { new (code: Uint8Array): object; imports(module: object): { readonly name: string }[] };
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

/** The engine's functions as wasm-bindgen lays them out: numbers are addresses, lengths and flags. */
interface Engine {
  readonly memory: { readonly buffer: ArrayBuffer };
  __wbindgen_start(): void;
  __wbindgen_malloc(bytes: number, alignment: number): number;
  /** Takes the text over. The first number is the regex, the third is not 0 when there is none. */
  rregex_new(text: number, bytes: number): readonly [number, number, number];
  /** Takes the text over. */
  rregex_isMatch(regex: number, text: number, bytes: number): number;
  /** Tells the pattern's syntax tree through the imported functions. */
  rregex_syntax(regex: number): readonly [number, number, number];
}

let engineCode: object | undefined;
/** The patterns that were used last, the latest at the end. */
const kept = new Map<string, DocumentPattern>();

/**
 * A regular expression in the syntax and with the meaning that it has in ChromaDB: the engine is the same,
 * Rust's `regex`. It takes linear time; how much is bounded by what `patternWeight` lets through.
 *
 * Each pattern has an instance of the engine to itself. The package's own wrapper shares one among all, whose
 * memory grows by 2 MB with each pattern, freed or not, until it is full. Here it goes with the pattern, and
 * so does whatever an instance that failed left behind.
 */
export class DocumentPattern {
  private constructor(
    private readonly engine: Engine,
    private readonly regex: number,
  ) {}

  /** undefined for what ChromaDB refuses: no regular expression, or one that has a class of bytes. */
  static compile(pattern: string): DocumentPattern | undefined {
    const words = new Set<string>();
    const engine = newEngine(words);
    const [regex, , failed] = engine.rregex_new(...given(engine, Buffer.from(pattern)));
    if (failed !== 0) return undefined;
    if (MAY_HAVE_BYTE_CLASS.test(pattern)) {
      const [, , untold] = engine.rregex_syntax(regex);
      if (untold !== 0 || words.has(BYTE_CLASS)) return undefined;
    }
    return new DocumentPattern(engine, regex);
  }

  get bytes(): number {
    return this.engine.memory.buffer.byteLength;
  }

  /**
   * Whether the pattern matches anywhere in the document.
   * @param document its text, in UTF-8
   */
  test(document: Uint8Array): boolean {
    return this.engine.rregex_isMatch(this.regex, ...given(this.engine, document)) !== 0;
  }
}

/**
 * Compiles a pattern that `patternWeight` lets through, in up to about 50 ms, or gives the one that was
 * compiled before; undefined for what ChromaDB refuses, and where the engine fails.
 */
export function compilePattern(pattern: string): DocumentPattern | undefined {
  const compiled = kept.get(pattern) ?? compileOrFail(pattern);
  if (compiled === undefined) return undefined;
  kept.delete(pattern);
  for (const [text, { bytes }] of kept) {
    if (kept.size >= MAX_KEPT_PATTERNS || bytes > MAX_KEPT_PATTERN_BYTES) kept.delete(text);
  }
  kept.set(pattern, compiled);
  return compiled;
}

/** Has a pattern compiled anew when it is asked for again: its engine failed. */
export function forgetPattern(pattern: string): void {
  kept.delete(pattern);
}

function compileOrFail(pattern: string): DocumentPattern | undefined {
  try {
    return DocumentPattern.compile(pattern);
  } catch {
    // The instance ran out of its stack or memory, and is gone.
    return undefined;
  }
}

/** @param words takes in the words that the engine tells */
function newEngine(words: Set<string>): Engine {
  engineCode ??= new WebAssembly.Module(readFileSync(engineFile()));
  const textAt = (start: number, bytes: number) =>
    Buffer.from(engine.memory.buffer, start >>> 0, bytes).toString('utf8');
  // Most of them build a syntax tree in JavaScript, of which nothing but the words is wanted.
  const functions: Record<string, (...values: number[]) => unknown> = {};
  for (const { name } of WebAssembly.Module.imports(engineCode)) functions[name] = () => undefined;
  functions['__wbindgen_string_new'] = (start = 0, bytes = 0) => void words.add(textAt(start, bytes));
  functions['__wbindgen_throw'] = (start = 0, bytes = 0) => {
    throw new Error(textAt(start, bytes));
  };
  const engine = new WebAssembly.Instance(engineCode, { wbg: functions }).exports as Engine;
  engine.__wbindgen_start();
  return engine;
}

function engineFile(): string {
  const library = createRequire(import.meta.url).resolve('rregex');
  return join(dirname(library), 'rregex.wasm');
}

/** Copies text into the engine's memory, for a function that takes it over. */
function given(engine: Engine, text: Uint8Array): [address: number, bytes: number] {
  const address = engine.__wbindgen_malloc(text.length, 1) >>> 0;
  new Uint8Array(engine.memory.buffer, address, text.length).set(text);
  return [address, text.length];
}
