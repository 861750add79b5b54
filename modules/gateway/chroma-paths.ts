import { CHROMA_ROUTES } from './chroma-routes.js';

interface Operation {
  readonly tags: string[];
  readonly summary: string;
  readonly parameters: {
    readonly name: string;
    readonly in: 'path';
    readonly required: true;
    readonly schema: { readonly type: 'string' };
  }[];
  readonly responses: Record<string, { readonly description: string }>;
}

/** ChromaDB's routes as paths of an OpenAPI document; their bodies are ChromaDB's own. */
export function chromaPaths(): Record<string, Record<string, Operation>> {
  const paths: Record<string, Record<string, Operation>> = {};
  for (const { method, path, summary } of CHROMA_ROUTES) {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
    paths[path] = {
      ...paths[path],
      [method.toLowerCase()]: {
        tags: ['ChromaDB'],
        summary,
        parameters: names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
        responses: { default: { description: 'As ChromaDB answers' } },
      },
    };
  }
  return paths;
}
