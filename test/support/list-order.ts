/** The parts that ChromaDB lists between braces in an error message come in random order; this sorts them. */
export function withoutListOrder(text: string): string {
  return text.replace(/\{([^{}]*)\}/g, (_, parts: string) => `{${parts.split(', ').sort().join(', ')}}`);
}
