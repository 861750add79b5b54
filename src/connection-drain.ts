import type { ServerResponse } from 'node:http';

/**
 * Kept connections, when the server is to stop: once this has begun, each ends with its next answer, which
 * says so. A connection that is closed while it is idle may be cut just as its next request arrives.
 */
export class ConnectionDrain {
  private begun = false;
  private readonly unfinished = new Set<ServerResponse>();

  /** To be told of each request before it is answered. */
  note(response: ServerResponse): void {
    if (this.begun) {
      response.shouldKeepAlive = false;
      return;
    }
    this.unfinished.add(response);
    response.on('close', () => this.unfinished.delete(response));
  }

  begin(): void {
    this.begun = true;
    for (const response of this.unfinished) response.shouldKeepAlive = false;
  }
}
