/** What a network, or the server behind it, may do to one exchange of a request and its answer. */
export type NetworkFault =
  /** The answer begins so much later, the jitter being drawn anew for each. */
  | { readonly kind: 'latency'; readonly latencyMs: number; readonly jitterMs: number }
  | { readonly kind: 'bandwidth'; readonly bytesPerSecond: number }
  | { readonly kind: PlainFault };

type PlainFault =
  /** A reset at the first byte of the request, which goes no further. */
  | 'reset-request'
  /** The request goes on; a reset in place of the first byte of the answer. */
  | 'reset-unanswered'
  /** A reset after some bytes of the answer. */
  | 'reset-midway'
  /** An orderly end after some bytes of the answer. */
  | 'truncated'
  /** Random bytes in place of the answer. */
  | 'garbage'
  /** The head of the answer, and random bytes of the right number in place of its body. */
  | 'garbled-body'
  /** Some bytes of the answer, and then nothing, the connection staying open. */
  | 'stall'
  /** The request is taken, and nothing ever happens. */
  | 'black-hole'
  /** Nothing listens, and what is open is reset. */
  | 'refusing';

export type FaultKind = NetworkFault['kind'];
