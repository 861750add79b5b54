import http from 'node:http';
import { text } from 'node:stream/consumers';

/** How many requests of a load were answered, and what became of the others. */
export interface LoadTally {
  readonly answered: number;
  /** Answers that said that their connection ends. */
  readonly closing: number;
  /** Anything but a connection that was not taken any more. */
  readonly failures: readonly string[];
}

/**
 * Sends the same request again and again, each loop over a connection that it keeps, until no connection is
 * taken any more.
 */
export async function loadUntilRefused(url: string, path: string, loops: number): Promise<LoadTally> {
  const tally = { answered: 0, closing: 0, failures: [] as string[] };
  const loop = async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    for (;;) {
      const outcome = await ask(agent, `${url}${path}`);
      if (outcome === 'refused') return;
      if (typeof outcome === 'string') tally.failures.push(outcome);
      else {
        tally.answered++;
        if (outcome.headers.connection === 'close') tally.closing++;
      }
    }
  };
  await Promise.all(Array.from({ length: loops }, loop));
  return tally;
}

/** A connection that was only just opened, and had no answer, was not taken: the system drops what waits. */
async function ask(agent: http.Agent, url: string): Promise<http.IncomingMessage | string> {
  const request = http.get(url, { agent });
  try {
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      request.once('response', resolve);
      request.once('error', reject);
    });
    await text(response);
    return response.statusCode === 200 ? response : `status ${response.statusCode}`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isNew = !request.reusedSocket && code === 'ECONNRESET';
    return code === 'ECONNREFUSED' || isNew ? 'refused' : `${code}: ${String(error)}`;
  }
}
