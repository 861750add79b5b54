/** Where the flag file lives. */
export abstract class FlagsConfig {
  abstract readonly dataDir: string;
}
