const UNFINISHED = 'tidegate-restoring-';
const REPLACED = 'tidegate-replaced-';
const KEY_CHARS = 16;

/**
 * The name of a collection until it is restored whole. It follows from the backup, so that a restoration
 * that was interrupted finds what it began.
 * @param sha256 the backup's
 * @param index the collection's place in it
 */
export function unfinishedName(sha256: string, index: number): string {
  return `${UNFINISHED}${sha256.slice(0, KEY_CHARS)}-${index}`;
}

/** The name of the collection that is replaced, from when the new one is whole until it has its name. */
export function replacedName(sha256: string, index: number): string {
  return `${REPLACED}${sha256.slice(0, KEY_CHARS)}-${index}`;
}

export function isUnderRestoration(name: string): boolean {
  return name.startsWith(UNFINISHED) || name.startsWith(REPLACED);
}
