import { describe, expect, it } from '@jest/globals';
import { ReplyReader } from './reply-reader.js';

const plain = 'HTTP/1.1 200 OK\r\nX-Tidegate-Tier: mirror\r\nContent-Length: 5\r\n\r\n{"a"}';
const chunked = 'HTTP/1.1 503 No\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"a"}\r\n0\r\n\r\n';
const empty = 'HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n';

describe('answers off the wire', () => {
  const told = {
    plain: { status: 200, tier: 'mirror', closes: false },
    chunked: { status: 503, tier: '', closes: false },
    empty: { status: 204, tier: '', closes: true },
  };

  it('are complete with their last byte, however they are cut', () => {
    for (const pieceBytes of [1, 2, 3, 7, 1_000]) {
      const reader = new ReplyReader();
      for (const [text, expected] of [
        [plain, told.plain],
        [chunked, told.chunked],
        [empty, told.empty],
      ] as const) {
        const pieces = text.match(new RegExp(`[^]{1,${pieceBytes}}`, 'g')) ?? [];
        const replies = pieces.map((piece) => reader.feed(Buffer.from(piece)));
        expect(replies.slice(0, -1).every((reply) => reply === undefined)).toBe(true);
        expect(replies.at(-1)).toEqual(expected);
      }
    }
  });
});
