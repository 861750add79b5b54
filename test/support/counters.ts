import { send } from './http.js';

/** The samples of one Prometheus counter, by their labels as they are written between the braces. */
export async function readCounter(url: string, name: string): Promise<ReadonlyMap<string, number>> {
  const { text } = await send(url, { method: 'GET', path: '/metrics' });
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, labels, value] = /^([^ {]+\{[^}]*\}|[^ {]+) (\S+)$/.exec(line) ?? [];
    if (labels === undefined || value === undefined) continue;
    if (labels !== name && !labels.startsWith(`${name}{`)) continue;
    samples.set(labels.slice(name.length).replace(/^\{|\}$/g, ''), Number(value));
  }
  return samples;
}

/** The sum of the samples whose labels contain the text, such as `tier="mirror"`. */
export function sumOf(samples: ReadonlyMap<string, number>, label: string): number {
  return [...samples].reduce((sum, [labels, value]) => (labels.includes(label) ? sum + value : sum), 0);
}
