import { build } from 'esbuild';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Puts the programs of a running Tidegate, and what they import, into a file each, beside one another: to find
 * and read 1,400 modules takes most of a start.
 */
const PROGRAMS = {
  tidegate: 'dist/src/main.js',
  'mirror.worker': 'dist/modules/hot/mirror.worker.js',
  'embedded-launcher.worker': 'dist/modules/chroma/embedded-launcher.worker.js',
};
/** What is native or read as files, and so stays where npm put it. */
const INSTALLED = ['hnswlib-node', 'chromadb', 'rregex', '@fastify/static', 'swagger-ui-dist'];
/** What Nest would use if it were there. */
const ABSENT = [
  '@nestjs/microservices',
  '@nestjs/platform-express',
  '@nestjs/websockets',
  '@fastify/multipart',
  '@fastify/view',
  'class-transformer',
  'class-validator',
];
/** CommonJS modules in it ask for these. */
const COMMONJS = [
  "import { createRequire as requireFrom } from 'node:module';",
  "import { dirname as folderOf } from 'node:path';",
  'const require = requireFrom(import.meta.url);',
  'const __filename = import.meta.filename;',
  'const __dirname = folderOf(__filename);',
].join(' ');

/** What esbuild has each function named by, also each closure whenever one is made. */
const NAMING = 'var __name = (target, value) =>';
/** Nest and Swagger tell classes by their names; arrow functions, which have no prototype, need none. */
const NAMING_CLASSES = `${NAMING} target.prototype === undefined ? target :`;

const root = fileURLToPath(new URL('..', import.meta.url));
rmSync(`${root}dist/bundle`, { recursive: true, force: true });
mkdirSync(`${root}dist/bundle`);
const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: Object.entries(PROGRAMS).map(([out, path]) => ({ in: path, out })),
  outdir: 'dist/bundle',
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  keepNames: true,
  sourcemap: true,
  external: [...INSTALLED, ...[...INSTALLED, ...ABSENT].map((name) => `${name}/*`), ...ABSENT],
  banner: { js: COMMONJS },
  logLevel: 'warning',
  write: false,
});
if (!outputFiles.some(({ text }) => text.includes(NAMING))) throw new Error(`esbuild writes no ${NAMING}`);
for (const { path, text } of outputFiles) writeFileSync(path, text.replace(NAMING, NAMING_CLASSES));
