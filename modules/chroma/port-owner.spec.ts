import { createServer } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { listensOn } from './port-owner.service.js';

describe('listensOn', () => {
  it('knows our own listening port, and no other process or port', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    expect(await listensOn(process.pid, port)).toBe(true);
    expect(await listensOn(process.ppid, port)).toBe(process.platform !== 'linux');
    server.close();
    await once(server, 'close');
    expect(await listensOn(process.pid, port)).toBe(process.platform !== 'linux');
  });
});
