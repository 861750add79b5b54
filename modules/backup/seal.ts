import { storedMember } from './gzip-member.js';

const SHA256_HEX_CHARS = 64;

/** The last member of a whole backup: the SHA-256 of all bytes before it. Each of its bytes is determined. */
export function sealMember(sha256: string): Buffer {
  return storedMember(Buffer.from(`{"seal":{"sha256":"${sha256}"}}\n`));
}

export const SEAL_BYTES = sealMember('0'.repeat(SHA256_HEX_CHARS)).length;
