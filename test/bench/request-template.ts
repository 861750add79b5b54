import type { RequestSource } from './load-driver.js';

/** Digits of a request that change with its number; as many as were there before. */
export interface Slot {
  /** Where they are in the body, in bytes. */
  readonly offset: number;
  readonly digits: number;
  readonly valueOf: (number: number) => number;
}

export interface Template {
  /** Of single-byte characters. */
  readonly body: string;
  readonly slots: readonly Slot[];
}

export interface Call {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const ZERO = '0'.charCodeAt(0);

/** Requests made ahead of time, of which a few digits are written when they are sent. */
export class TemplateSource implements RequestSource {
  readonly maxRequestBytes: number;
  private readonly requests: readonly { readonly bytes: Buffer; readonly slots: readonly Slot[] }[];

  /** @param choose which template request `number` takes, and the number that its digits tell */
  constructor(
    call: Call,
    templates: readonly Template[],
    private readonly choose: (number: number) => { readonly template: number; readonly stamp: number },
  ) {
    this.requests = templates.map(({ body, slots }) => {
      const head = requestHead(call, body.length);
      const moved = slots.map((slot) => ({ ...slot, offset: slot.offset + head.length }));
      return { bytes: Buffer.from(head + body, 'latin1'), slots: moved };
    });
    this.maxRequestBytes = Math.max(...this.requests.map(({ bytes }) => bytes.length));
  }

  write(number: number, into: Buffer): number {
    const { template, stamp } = this.choose(number);
    const request = this.requests[template];
    if (request === undefined) throw new RangeError(`there is no template ${template}`);
    request.bytes.copy(into);
    for (const { offset, digits, valueOf } of request.slots)
      writeDigits(into, offset, digits, valueOf(stamp));
    return request.bytes.length;
  }
}

/** Every request another one, the templates in turns. */
export function everFresh(templates: number): (number: number) => { template: number; stamp: number } {
  return (number) => ({ template: number % templates, stamp: number });
}

export function requestHead({ path, headers = {} }: Call, bodyBytes: number): string {
  const own = { host: '127.0.0.1', 'content-type': 'application/json', 'content-length': String(bodyBytes) };
  const lines = Object.entries({ ...own, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

function writeDigits(into: Buffer, offset: number, digits: number, value: number): void {
  let rest = value;
  for (let place = offset + digits - 1; place >= offset; place--) {
    into[place] = ZERO + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}
