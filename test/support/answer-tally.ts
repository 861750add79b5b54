import { readCounter } from './counters.js';

/** How many reads were answered, by tier and reason as in `mirror: warm`. */
export type AnswerTally = Readonly<Record<string, number>>;

/** What Tidegate counted so far. */
export async function answerTally(url: string): Promise<AnswerTally> {
  const samples = await readCounter(url, 'tidegate_answers_total');
  return Object.fromEntries([...samples].map(([labels, count]) => [toldLabels(labels), count]));
}

/** What was counted between two tallies. */
export function tallyBetween(before: AnswerTally, after: AnswerTally): AnswerTally {
  const grown = Object.entries(after).map(([told, count]) => [told, count - (before[told] ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, count]) => count > 0));
}

export function sumOfTallies(one: AnswerTally, other: AnswerTally): AnswerTally {
  const sum = { ...one };
  for (const [told, count] of Object.entries(other)) sum[told] = (sum[told] ?? 0) + count;
  return sum;
}

function toldLabels(labels: string): string {
  const valueOf = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(labels)?.[1] ?? '';
  return `${valueOf('tier')}: ${valueOf('reason')}`;
}
