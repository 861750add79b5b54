import { CommandFailed } from './exit-codes.js';

/** A running Tidegate, asked by HTTP. */
export class TidegateClient {
  constructor(private readonly url: string) {}

  /**
   * @param body sent as JSON; undefined sends none
   * @returns the answer's JSON
   * @throws CommandFailed with Tidegate's own words where it refuses
   */
  async call(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
    const response = await this.send(method, path, body);
    const text = await response.text();
    if (!response.ok)
      throw new CommandFailed(reasonIn(text) ?? `${method} ${path} was answered ${response.status}`);
    return JSON.parse(text) as unknown;
  }

  private async send(method: string, path: string, body: object | undefined): Promise<Response> {
    const json = body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    try {
      return await fetch(new URL(path, this.url), { method, ...json });
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
      throw new CommandFailed(`no Tidegate answers at ${this.url}${cause}; name its address with --url`, {
        cause: error,
      });
    }
  }
}

/** Errors are ChromaDB's JSON: `{"error": …, "message": …}`. */
function reasonIn(text: string): string | undefined {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}
