import { createServer } from 'node:net';

/**
 * Runs as a process of its own and answers any request at once, without looking at it: what the driver makes
 * of it is the most that it can make of any server here. Prints its port.
 */
const BODY = JSON.stringify({ ids: [Array.from({ length: 10 }, (_, index) => `r${index}`)] }).padEnd(2_048);
const ANSWER = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`,
);
const HEAD_END = Buffer.from('\r\n\r\n');

const server = createServer((socket) => {
  let bodyLeft = 0;
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  socket.on('data', (piece: Buffer) => {
    if (bodyLeft === 0) {
      const end = piece.indexOf(HEAD_END);
      const head = piece.toString('latin1', 0, end).toLowerCase();
      bodyLeft = Number(/content-length: (\d+)/.exec(head)?.[1] ?? 0) + end + HEAD_END.length;
    }
    bodyLeft -= piece.length;
    if (bodyLeft <= 0) {
      bodyLeft = 0;
      socket.write(ANSWER);
    }
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${typeof address === 'object' && address ? address.port : 0}\n`);
});
