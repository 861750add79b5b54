/** Whether every value is a finite number. By index: callbacks and iterators take several times as long. */
export function areFinite(vector: Float32Array): boolean {
  for (let at = 0; at < vector.length; at++) if (!Number.isFinite(vector[at])) return false;
  return true;
}
