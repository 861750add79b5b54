export abstract class GatewayConfig {
  /** Largest request body that is taken. */
  abstract readonly maxBodyBytes: number;
  /** Longest a request may take, by what it does. */
  abstract readonly timeoutMs: Readonly<Record<'read' | 'write' | 'admin', number>>;
  /** Requests in flight. */
  abstract readonly maxRequests: number;
  /** Bytes of the bodies of all requests in flight. */
  abstract readonly maxHeldBodyBytes: number;
}
