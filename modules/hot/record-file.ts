import type { FileHandle } from 'node:fs/promises';
import { HASHED_PIECE_BYTES, PieceHashes, readPiece } from './file-hash.js';
import { blockBytes } from './record-blocks.js';
import type { FileDigest } from './snapshot-manifest.js';

/**
 * Blocks lie in regions of so many bytes, which their records keep. Few and large: each allocation beside the
 * JavaScript heap hastens its next cleaning, and large ones get huge pages.
 */
const REGION_BYTES = 256 * 1024 * 1024;

/**
 * Reads a file of blocks once: yields each block when it is there, and returns the file's digest. Yields less
 * where what comes is no block, or the file ends before `fileBytes`.
 */
export async function* readBlocks(
  file: FileHandle,
  fileBytes: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, FileDigest> {
  const hashes = new PieceHashes();
  let region = new Uint8Array(0);
  let [at, filled] = [0, 0];
  for (let position = 0; position < fileBytes;) {
    const wanted = Math.min(HASHED_PIECE_BYTES, fileBytes - position);
    if (filled + wanted > region.length) {
      const rest = region.subarray(at, filled);
      const most = Math.max(REGION_BYTES, 2 * rest.length + wanted);
      region = new Uint8Array(Math.min(most, rest.length + fileBytes - position));
      region.set(rest);
      [at, filled] = [0, rest.length];
    }
    const piece = region.subarray(filled, filled + wanted);
    const length = await readPiece(file, piece, position);
    await hashes.push(piece.subarray(0, length));
    if (length < wanted) break;
    position += length;
    filled += length;
    for (let next = blockBytes(region, at, filled); next > 0; next = blockBytes(region, at, filled)) {
      yield region.subarray(at, at + next);
      at += next;
    }
  }
  return hashes.digest();
}
