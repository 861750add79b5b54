import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const CODE_FOLDERS = ['src', 'modules', 'test', 'grafana'];
const MAX_LINE_CHARS = 110;
const MAX_FUNCTION_LINES = 60;
const MAX_CONSTRUCTOR_DEPENDENCIES = 5;
const TOP_LEVEL = [
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'LICENSE',
  'README.md',
  'docker-compose.yml',
  'docs',
  'grafana',
  'modules',
  'nest-cli.json',
  'package-lock.json',
  'package.json',
  'src',
  'test',
  'tsconfig.json',
];
/** Made by commands, never committed. */
const GENERATED = ['node_modules', 'dist', 'data', 'coverage'];

function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

const codeFiles = CODE_FOLDERS.flatMap(filesBelow)
  .filter((path) => path.endsWith('.ts'))
  .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));

const productFiles = codeFiles.filter(({ path }) => !path.startsWith('test/') && !path.endsWith('.spec.ts'));

function syntaxOf({ path, text }: { path: string; text: string }): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
}

function nodesOf(source: ts.Node): ts.Node[] {
  const nodes: ts.Node[] = [source];
  source.forEachChild((child) => void nodes.push(...nodesOf(child)));
  return nodes;
}

function lineOf(node: ts.Node, position: number): number {
  return node.getSourceFile().getLineAndCharacterOfPosition(position).line + 1;
}

function placesOf(pattern: RegExp, files = codeFiles): string[] {
  return files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}`] : [])),
  );
}

describe('the top level', () => {
  it('holds what CONTRIBUTING names, and no more', () => {
    const visible = readdirSync(ROOT).filter((name) => !name.startsWith('.') && !GENERATED.includes(name));
    expect(visible.sort()).toEqual([...TOP_LEVEL].sort());
  });
});

describe('code', () => {
  it(`has no line over ${MAX_LINE_CHARS} characters`, () => {
    expect(placesOf(new RegExp(`^.{${MAX_LINE_CHARS + 1},}$`))).toEqual([]);
  });

  it(`has no function over ${MAX_FUNCTION_LINES} lines`, () => {
    const tooLong = codeFiles.flatMap((file) =>
      nodesOf(syntaxOf(file))
        .filter((node) => ts.isFunctionLike(node) && !isDescribeBody(node))
        .filter((node) => lineOf(node, node.end) - lineOf(node, node.getStart()) >= MAX_FUNCTION_LINES)
        .map((node) => `${file.path}:${lineOf(node, node.getStart())}`),
    );
    expect(tooLong).toEqual([]);
  });

  it(`has no constructor with over ${MAX_CONSTRUCTOR_DEPENDENCIES} dependencies`, () => {
    const greedy = productFiles.flatMap((file) =>
      nodesOf(syntaxOf(file))
        .filter(ts.isConstructorDeclaration)
        .filter(({ parent }) => ts.canHaveDecorators(parent) && (ts.getDecorators(parent) ?? []).length > 0)
        .filter(({ parameters }) => parameters.length > MAX_CONSTRUCTOR_DEPENDENCIES)
        .map((node) => `${file.path}:${lineOf(node, node.getStart())}`),
    );
    expect(greedy).toEqual([]);
  });

  it('has no leftover notes', () => {
    const words = ['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK', 'debug' + 'ger'];
    expect(placesOf(new RegExp(`\\b(${words.join('|')})\\b`))).toEqual([]);
  });

  it('has no tests that are skipped or run alone', () => {
    expect(placesOf(/\b(it|test|describe)\.(skip|only|todo)\b|\b[xf](it|describe)\(/)).toEqual([]);
  });

  it('has no barrel files', () => {
    const barrels = codeFiles.filter((file) => {
      const { statements } = syntaxOf(file);
      return (
        /\/index\.ts$/.test(file.path) || (statements.length > 0 && statements.every(ts.isExportDeclaration))
      );
    });
    expect(barrels.map(({ path }) => path)).toEqual([]);
  });

  it('reads the environment in one place', () => {
    const readers = placesOf(/process\.env\b/, productFiles).map((place) => place.split(':')[0]);
    expect([...new Set(readers)].sort()).toEqual(['src/config.ts', 'src/quickstart/main.ts']);
  });

  it('has no global modules and looks no service up by hand', () => {
    expect(placesOf(/@Global\(\)|ModuleRef\b/, productFiles)).toEqual([]);
  });
});

describe('documents', () => {
  const documents = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', ...filesBelow('docs')].filter(
    (path) => path.endsWith('.md'),
  );
  const texts = documents.map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));

  it('name only npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
    const named = texts.flatMap(({ text }) =>
      [...text.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name]) => name),
    );
    expect(named.filter((name) => name !== undefined && !(name in scripts))).toEqual([]);
    expect(named.length).toBeGreaterThan(0);
  });

  it('link only to files that exist', () => {
    const broken = texts.flatMap(({ path, text }) =>
      [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
        .map(([, target = '']) => relative(ROOT, join(ROOT, dirname(path), target)))
        .filter((target) => !isThere(target)),
    );
    expect(broken).toEqual([]);
  });
});

function isThere(path: string): boolean {
  const names = readdirSync(join(ROOT, dirname(path)));
  return names.includes(path.split('/').at(-1) ?? '');
}

/** A describe block is a list of tests, not a function to be understood at once. */
function isDescribeBody(node: ts.Node): boolean {
  return ts.isCallExpression(node.parent) && /^describe\b/.test(node.parent.expression.getText());
}
