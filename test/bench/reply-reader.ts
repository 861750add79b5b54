/** One answer as it came over the wire. */
export interface WireReply {
  readonly status: number;
  /** Who answered, as Tidegate names it; empty where ChromaDB did directly. */
  readonly tier: string;
  /** The connection ends after this answer. */
  readonly closes: boolean;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const CHUNKED_END = Buffer.from('0\r\n\r\n');
const TIER = 'x-tidegate-tier: ';
const LENGTH = 'content-length: ';

/**
 * Reads HTTP/1.1 answers off a connection on which one request is under way at a time. It looks only at what
 * the driver counts, and never at the body: parsing must not make the driver the bottleneck.
 */
export class ReplyReader {
  private head: Buffer = Buffer.alloc(0);
  private reply: WireReply | undefined;
  private bodyLeft = 0;
  private chunkTail: Buffer | undefined;

  /** @returns the answer that is complete with this piece */
  feed(piece: Buffer): WireReply | undefined {
    if (this.reply === undefined) {
      this.head = this.head.length === 0 ? piece : Buffer.concat([this.head, piece]);
      const end = this.head.indexOf(HEAD_END);
      if (end === -1) return undefined;
      this.readHead(this.head.toString('latin1', 0, end).toLowerCase());
      const rest = this.head.subarray(end + HEAD_END.length);
      this.head = Buffer.alloc(0);
      return this.readBody(rest);
    }
    return this.readBody(piece);
  }

  private readHead(head: string): void {
    this.reply = {
      status: Number(head.slice(9, 12)),
      tier: valueIn(head, TIER),
      closes: head.includes('\r\nconnection: close'),
    };
    this.chunkTail = head.includes('\r\ntransfer-encoding: chunked') ? Buffer.alloc(0) : undefined;
    this.bodyLeft = Number(valueIn(head, LENGTH) || '0');
  }

  private readBody(piece: Buffer): WireReply | undefined {
    const { reply, chunkTail } = this;
    if (chunkTail === undefined) {
      this.bodyLeft -= piece.length;
      if (this.bodyLeft > 0) return undefined;
    } else {
      // JSON has no bare line ends, so the last chunk's mark is nowhere but at the end.
      const tail = Buffer.concat([chunkTail, piece.subarray(-CHUNKED_END.length)]).subarray(
        -CHUNKED_END.length,
      );
      this.chunkTail = tail;
      if (!tail.equals(CHUNKED_END)) return undefined;
    }
    this.reply = undefined;
    return reply;
  }
}

function valueIn(head: string, name: string): string {
  const start = head.indexOf(`\r\n${name}`);
  if (start === -1) return '';
  const from = start + 2 + name.length;
  const end = head.indexOf('\r\n', from);
  return head.slice(from, end === -1 ? undefined : end);
}
