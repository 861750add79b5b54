/**
 * The inner loops of distances in WebAssembly, sixteen floats at a time: JavaScript has no SIMD of its own.
 * Assembled here, opcode by opcode, as no compiler for it is part of the build; for the encoding see the
 * WebAssembly specification, 5.4.
 */

export const FLOATS_PER_TURN = 16;
const FLOAT_BYTES = 4;
/** What the sums go on by at a time: vectors are padded with zeros to a multiple of it. */
export const TURN_BYTES = FLOATS_PER_TURN * FLOAT_BYTES;
const PAGE_BYTES = 65_536;

const [I32, F32, V128] = [0x7f, 0x7d, 0x7b];
const [LEFT, RIGHT, END] = [0, 1, 2];
/** Locals: four sums side by side, and the difference that is squared. */
const [SUMS, DIFFERENCE] = [[3, 4, 5, 6], 7];

const GET = 0x20;
const SET = 0x21;
const TEE = 0x22;
const CONST = 0x41;
const LESS = 0x49;
const ADD = 0x6a;
const ADD_FLOATS = 0x92;
const BRANCH_IF = 0x0d;
const BLOCK_END = 0x0b;
const LOOP = [0x03, 0x40];
const simd = (opcode: readonly number[]) => [0xfd, ...opcode];
const ADD_VECTORS = simd([0xe4, 0x01]);
const SUBTRACT_VECTORS = simd([0xe5, 0x01]);
const MULTIPLY_VECTORS = simd([0xe6, 0x01]);

/** What of it is used here: TypeScript knows it of browsers only. */
declare const WebAssembly: {
  readonly Memory: new (pages: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
};

/** Addresses of both vectors, and of the end of the left one. */
type Sum = (left: number, right: number, end: number) => number;

/** In single precision and in no particular order. */
export interface Sums {
  readonly dot: Sum;
  readonly squared: Sum;
}

/** Memory for the vectors, all zeros, and the sums over what lies in it. */
export function simdSums(bytes: number): { readonly memory: ArrayBuffer; readonly sums: Sums } {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assembled()), { env: { memory } });
  return { memory: memory.buffer, sums: exports as unknown as Sums };
}

function assembled(): Uint8Array<ArrayBuffer> {
  const types = section(1, vector([[0x60, ...vector([[I32], [I32], [I32]]), ...vector([[F32]])]]));
  const memory = section(2, vector([[...name('env'), ...name('memory'), 0x02, 0x00, 0x01]]));
  const functions = section(3, vector([[0], [0]]));
  const exported = section(7, vector([exportOf('dot', 0), exportOf('squared', 1)]));
  const code = section(10, vector([body(products()), body(squares())]));
  const [magic, version] = [
    [0x00, 0x61, 0x73, 0x6d],
    [0x01, 0x00, 0x00, 0x00],
  ];
  return Uint8Array.from([...magic, ...version, ...types, ...memory, ...functions, ...exported, ...code]);
}

/** Adds to each sum the products of its four floats. */
function products(): number[] {
  return SUMS.flatMap((sum, turn) => [
    ...[GET, sum],
    ...load(LEFT, turn),
    ...load(RIGHT, turn),
    ...[...MULTIPLY_VECTORS, ...ADD_VECTORS, SET, sum],
  ]);
}

/** Adds to each sum the squared differences of its four floats. */
function squares(): number[] {
  return SUMS.flatMap((sum, turn) => [
    ...[GET, sum],
    ...load(LEFT, turn),
    ...load(RIGHT, turn),
    ...[...SUBTRACT_VECTORS, TEE, DIFFERENCE, GET, DIFFERENCE],
    ...[...MULTIPLY_VECTORS, ...ADD_VECTORS, SET, sum],
  ]);
}

/** Repeats the step until the left vector ends, then adds the sums up. */
function body(step: readonly number[]): number[] {
  const locals = vector([[SUMS.length + 1, V128]]);
  const advance = (address: number) => [GET, address, CONST, ...signed(TURN_BYTES), ADD, SET, address];
  const again = [GET, LEFT, GET, END, LESS, BRANCH_IF, 0];
  const loop = [...LOOP, ...step, ...advance(LEFT), ...advance(RIGHT), ...again, BLOCK_END];
  const [first = 0, ...others] = SUMS;
  const whole = [GET, first, ...others.flatMap((sum) => [GET, sum, ...ADD_VECTORS]), SET, first];
  const lanes = [0, 1, 2, 3].map((lane) => [GET, first, ...simd([0x1f, lane])]);
  const total = lanes.flatMap((lane, index) => (index === 0 ? lane : [...lane, ADD_FLOATS]));
  const bytes = [...locals, ...loop, ...whole, ...total, BLOCK_END];
  return [...unsigned(bytes.length), ...bytes];
}

/** The four floats of a vector that belong to the n-th sum; addresses are multiples of 16. */
function load(vectorAt: number, turn: number): number[] {
  return [GET, vectorAt, ...simd([0x00, 0x04, ...unsigned(turn * 4 * FLOAT_BYTES)])];
}

function exportOf(text: string, index: number): number[] {
  return [...name(text), 0x00, index];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function name(text: string): number[] {
  const bytes = [...Buffer.from(text)];
  return [...unsigned(bytes.length), ...bytes];
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** LEB128 of a positive number: the sixth bit of its last byte is its sign. */
function signed(value: number): number[] {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signed(value >>> 7)];
}
