import { createHash, webcrypto } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { FileDigest } from './snapshot-manifest.js';

/** A file is hashed in pieces of so many bytes, so that several threads can do it. */
const PIECE_BYTES = 1024 * 1024;
/** Pieces in memory while a file is read. */
const PIECES_AT_ONCE = 4;

/**
 * Hashes bytes as they are written to a file: its digest is the SHA-256 of the SHA-256 hashes of its pieces,
 * which tells as certainly as the one of all bytes that none is another.
 */
export class FileHash {
  private readonly pieces: Buffer[] = [];
  private piece = createHash('sha256');
  private room = PIECE_BYTES;
  private bytes = 0;

  push(bytes: Uint8Array): void {
    this.bytes += bytes.length;
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + this.room);
      this.piece.update(part);
      at += part.length;
      this.room -= part.length;
      if (this.room === 0) this.next();
    }
  }

  /** Of all that was pushed; nothing can be pushed after it. */
  digest(): FileDigest {
    if (this.room < PIECE_BYTES) this.next();
    return digestOf(this.bytes, this.pieces);
  }

  private next(): void {
    this.pieces.push(this.piece.digest());
    this.piece = createHash('sha256');
    this.room = PIECE_BYTES;
  }
}

/**
 * Reads a whole file. Other threads hash it, so that this one can do something else.
 * @param see called with each piece, in order; it must not keep it
 */
export async function hashFile(file: FileHandle, see?: (piece: Buffer) => void): Promise<FileDigest> {
  const pieces: Promise<Uint8Array>[] = [];
  const buffer = Buffer.allocUnsafeSlow(PIECE_BYTES);
  for (let bytes = 0; ;) {
    const piece = await readPiece(file, buffer, bytes);
    if (piece.length === 0) return digestOf(bytes, await Promise.all(pieces));
    bytes += piece.length;
    see?.(piece);
    await pieces.at(-PIECES_AT_ONCE);
    // Takes a copy at once, by its specification.
    pieces.push(webcrypto.subtle.digest('SHA-256', piece).then((hash) => new Uint8Array(hash)));
  }
}

/** As much as the buffer holds, less only at the file's end: a read may give less than there is. */
async function readPiece(file: FileHandle, buffer: Buffer, position: number): Promise<Buffer> {
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, position + length);
    length += bytesRead;
    if (bytesRead === 0 || length === buffer.length) return buffer.subarray(0, length);
  }
}

function digestOf(bytes: number, pieces: readonly Uint8Array[]): FileDigest {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return { bytes, sha256: hash.digest('hex') };
}
