export abstract class GatewayConfig {
  /** Largest request body that is taken. */
  abstract readonly maxBodyBytes: number;
}
