import { type Comparison, compare } from './comparison.js';
import { readCorpus } from './corpus.js';
import { loadCorpus } from './load-corpus.js';
import { progressBar, type ProgressOutput } from '../terminal/progress-bar.js';
import { describeComparisons } from './report.js';
import { SAMPLE_QUERIES } from './sample-queries.js';
import { warmUp } from './warm-up.js';

/** Loads the corpus through Tidegate, warms the mirror, runs the sample queries and prints their table. */
export async function runTour(
  server: { readonly url: string; readonly chromaUrl: string },
  output: ProgressOutput,
): Promise<Comparison[]> {
  const corpus = await readCorpus();
  const showLoaded = progressBar('Loading texts', corpus.length, output);
  const collectionId = await loadCorpus(server.url, corpus, showLoaded);

  output.write('Warming the mirror ... ');
  const warm = await warmUp(server.url, collectionId);
  output.write(warm.tier === 'mirror' ? 'ready.\n\n' : `not ready: ${warm.tier}, ${warm.reason}.\n\n`);

  const servers = { tidegateUrl: server.url, chromaUrl: server.chromaUrl, collectionId };
  const comparisons: Comparison[] = [];
  for (const query of SAMPLE_QUERIES) comparisons.push(await compare(servers, query));
  output.write(`${describeComparisons(comparisons)}\n\n`);
  return comparisons;
}
