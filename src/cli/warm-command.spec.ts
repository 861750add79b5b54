import http from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { runWarm } from './warm-command.js';

const ID = '00000000-0000-0000-0000-000000000001';

let server: http.Server | undefined;

afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

/** What the command says, and its exit code, where a Tidegate answers with these reports in turn. */
async function follow(...reports: readonly object[]) {
  const left = [...reports];
  server = http.createServer((_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(left.length > 1 ? left.shift() : left[0]));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const texts: string[] = [];
  const out = { write: (text: string) => texts.push(text) };
  const { signal: interrupted } = new AbortController();
  const exit = await runWarm([ID, '--url', `http://127.0.0.1:${port}`], out, interrupted).catch(String);
  return { exit, said: texts.join('') };
}

function warmUp(status: string, message?: string) {
  const records = { recordsDone: 5, recordsAll: 10, bytes: 1_048_576, recordsPerSecond: 5, secondsLeft: 1 };
  return { status, ...(message !== undefined && { message }), ...records, pauses: 0, tookMs: 1_500 };
}

const running = { state: 'warming', warmUp: warmUp('running') };

describe('runWarm', () => {
  it('says what the mirror holds', async () => {
    const { exit, said } = await follow(running, { state: 'warm', warmUp: warmUp('ok') });
    expect([exit, said]).toEqual([0, expect.stringContaining('is warm: 5 records, 1.0 MiB, in 1.5 s\n')]);
  });

  it('succeeds where the mirror came from elsewhere', async () => {
    expect(await follow({ state: 'warm' })).toEqual({ exit: 0, said: `${ID} is warm\n` });
  });

  it('says so where a mirror is filled and may not answer yet', async () => {
    const { exit, said } = await follow(running, { state: 'settling', warmUp: warmUp('ok') });
    expect([exit, said]).toEqual([0, expect.stringContaining('when a write in doubt has settled')]);
  });

  it.each([
    ['ok', 'cold', undefined, 'took it out of memory'],
    ['cancelled', 'cold', undefined, 'took it out of memory'],
    ['refused', 'refused', 'over-budget', 'TIDEGATE_HOT_MEMORY_MB'],
    ['refused', 'refused', 'not-mirrorable', 'not mirrored'],
    ['outrun', 'cold', undefined, 'the reason; see the log'],
    ['failed', 'cold', undefined, 'the reason; see the log'],
  ])('fails where it ended %s and is %s', async (status, state, refusal, told) => {
    const ended = { state, ...(refusal && { refusal }), warmUp: warmUp(status, 'the reason') };
    const { exit } = await follow(running, ended);
    expect(exit).toContain(`${ID} was not warmed: `);
    expect(exit).toContain(told);
  });
});
