import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const CORPUS_FILE = join('src', 'quickstart', 'corpus.jsonl');

const CorpusEntry = z.object({
  id: z.string(),
  text: z.string(),
  metadata: z.object({
    lemma: z.string(),
    part_of_speech: z.enum(['noun', 'verb']),
    topic: z.string(),
    words: z.int(),
    synonyms: z.int(),
    has_example: z.boolean(),
    frequency: z.number(),
    keywords: z.array(z.string()).optional(),
  }),
});

/** One text of the sample corpus; CORPUS.md says where it comes from. */
export type CorpusEntry = z.infer<typeof CorpusEntry>;

/** Reads the sample corpus from the source tree: the compiler does not copy it to where the program runs. */
export async function readCorpus(): Promise<CorpusEntry[]> {
  const file = join(projectRoot(), CORPUS_FILE);
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => CorpusEntry.parse(JSON.parse(line)));
}

function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder)
      throw new Error('the sample corpus cannot be found: no package.json above the program');
    folder = parent;
  }
  return folder;
}
