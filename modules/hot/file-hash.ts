import { createHash, webcrypto } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { FileDigest } from './snapshot-manifest.js';

/** A file is hashed in pieces of so many bytes, so that several threads can do it. */
export const HASHED_PIECE_BYTES = 1024 * 1024;
/** Pieces in memory while a file is read. */
const PIECES_AT_ONCE = 4;

/**
 * Hashes bytes as they are written to a file: its digest is the SHA-256 of the SHA-256 hashes of its pieces,
 * which tells as certainly as the one of all bytes that none is another.
 */
export class FileHash {
  private readonly pieces: Buffer[] = [];
  private piece = createHash('sha256');
  private room = HASHED_PIECE_BYTES;
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
    if (this.room < HASHED_PIECE_BYTES) this.next();
    return digestOf(this.bytes, this.pieces);
  }

  private next(): void {
    this.pieces.push(this.piece.digest());
    this.piece = createHash('sha256');
    this.room = HASHED_PIECE_BYTES;
  }
}

/** The same of whole pieces, of which the last may be shorter; other threads hash them. */
export class PieceHashes {
  private readonly hashes: Promise<Uint8Array>[] = [];
  private bytes = 0;

  /** Resolves when the piece may be changed and little enough is under way. */
  async push(piece: Uint8Array<ArrayBuffer>): Promise<void> {
    this.bytes += piece.length;
    await this.hashes.at(-PIECES_AT_ONCE);
    // Takes a copy at once, by its specification.
    this.hashes.push(webcrypto.subtle.digest('SHA-256', piece).then((hash) => new Uint8Array(hash)));
  }

  async digest(): Promise<FileDigest> {
    return digestOf(this.bytes, await Promise.all(this.hashes));
  }
}

/**
 * Reads a whole file. Other threads hash it, so that this one can do something else.
 * @param see called with each piece, in order; it must not keep it
 */
export async function hashFile(file: FileHandle, see?: (piece: Buffer) => void): Promise<FileDigest> {
  const hashes = new PieceHashes();
  const buffer = Buffer.allocUnsafeSlow(HASHED_PIECE_BYTES);
  for (let bytes = 0; ;) {
    const length = await readPiece(file, buffer, bytes);
    if (length === 0) return hashes.digest();
    const piece = buffer.subarray(0, length);
    bytes += length;
    see?.(piece);
    await hashes.push(piece);
  }
}

/**
 * Fills the bytes from a file's position on.
 * @returns how many there were; less only at the file's end, as a read may give less than there is
 */
export async function readPiece(file: FileHandle, into: Uint8Array, position: number): Promise<number> {
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(into, length, into.length - length, position + length);
    length += bytesRead;
    if (bytesRead === 0 || length === into.length) return length;
  }
}

function digestOf(bytes: number, pieces: readonly Uint8Array[]): FileDigest {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return { bytes, sha256: hash.digest('hex') };
}
