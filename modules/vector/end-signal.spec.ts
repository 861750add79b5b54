import { describe, expect, it } from '@jest/globals';
import { abortSignalOf, Ending, type EndSignal } from './end-signal.js';

const REASON = new Error('over');

interface Given {
  readonly signal: EndSignal;
  readonly end: (reason: Error) => void;
}

function ofAbortController(): Given {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    end: (reason) => {
      controller.abort(reason);
    },
  };
}

function ofEnding(): Given {
  const signal = new Ending();
  return {
    signal,
    end: (reason) => {
      signal.end(reason);
    },
  };
}

function ofWrappedEnding(): Given {
  const { signal, end } = ofEnding();
  return { signal: abortSignalOf(signal), end };
}

describe.each([
  ['AbortSignal', ofAbortController],
  ['Ending', ofEnding],
  ['AbortSignal of an Ending', ofWrappedEnding],
])('%s', (_, given) => {
  it('tells once, in order, and why', () => {
    const { signal, end } = given();
    const told: string[] = [];
    for (const name of ['first', 'second'])
      signal.addEventListener('abort', () => void told.push(name), { once: true });
    expect([signal.aborted, signal.reason]).toEqual([false, undefined]);
    signal.throwIfAborted();
    end(REASON);
    end(new Error('later'));
    expect([signal.aborted, signal.reason]).toEqual([true, REASON]);
    expect(told).toEqual(['first', 'second']);
    expect(() => {
      signal.throwIfAborted();
    }).toThrow(REASON);
  });

  it('does not tell who listens no more, or listens when it has ended', () => {
    const { signal, end } = given();
    const never = () => {
      throw new Error('told');
    };
    signal.addEventListener('abort', never, { once: true });
    signal.removeEventListener('abort', never);
    end(REASON);
    signal.addEventListener('abort', never, { once: true });
  });
});

describe('abortSignalOf', () => {
  it('gives an AbortSignal back, and tells of what has ended before', () => {
    const { signal } = new AbortController();
    expect(abortSignalOf(signal)).toBe(signal);
    const ending = new Ending();
    ending.end(REASON);
    expect(abortSignalOf(ending)).toMatchObject({ aborted: true, reason: REASON });
  });
});
