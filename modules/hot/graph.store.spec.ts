import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { GraphFileCheck } from './graph-file.js';
import { Graph } from './graph.store.js';
import { specOf } from './mirror-model.fake.js';
import { temporaryFolder } from './snapshot-model.fake.js';

const COUNT = 500;
const SPEC = specOf('l2', 2, 16);

let folder = '';
let path = '';

beforeEach(async () => {
  folder = await temporaryFolder();
  path = join(folder, 'graph');
});

afterEach(() => rm(folder, { recursive: true }));

function filled(): Graph {
  const graph = Graph.empty(SPEC);
  for (let label = 0; label < COUNT; label++) graph.add(Float32Array.of(label, 0), label);
  return graph;
}

const nearest = (graph: Graph, to: number) => graph.search(Float32Array.of(to, 0), 1)?.labels;

describe('a graph that is written', () => {
  it('is read as it was when its writing began, also where vectors are removed meanwhile', async () => {
    const graph = filled();
    graph.remove(7);
    const written = graph.write(path);
    for (const label of [20, 21, 22]) graph.remove(label);
    expect(graph.isBeingWritten).toBe(true);
    expect(nearest(graph, 21)).not.toEqual([21]);
    const removed = await written;
    expect(removed).toEqual([20, 21, 22]);
    expect(graph.isBeingWritten).toBe(false);

    const copy = await Graph.read(SPEC, path, removed);
    copy.count = COUNT - 1;
    expect(nearest(copy, 21)).toEqual([21]);
    expect(nearest(copy, 7)).not.toEqual([7]);
    const all = copy.search(Float32Array.of(0, 0), COUNT);
    expect(all?.labels).toHaveLength(COUNT - 1);
    expect(copy.bytes()).toBe(graph.bytes());
    // It grows on, in capacity as well.
    for (let label = COUNT; label < 3 * COUNT; label++) copy.add(Float32Array.of(label, 0), label);
    expect(nearest(copy, 2 * COUNT)).toEqual([2 * COUNT]);
  });

  it('keeps its memory until it is written, and gives it back then', async () => {
    const graph = filled();
    const written = graph.write(path);
    graph.release();
    expect(nearest(graph, 1)).toBeUndefined();
    await written;
    const copy = await Graph.read(SPEC, path, []);
    copy.count = COUNT;
    expect(nearest(copy, 3)).toEqual([3]);
    copy.release();
  });

  it('can be empty', async () => {
    await Graph.empty(SPEC).write(path);
    const copy = await Graph.read(SPEC, path, []);
    copy.add(Float32Array.of(1, 1), 0);
    expect(nearest(copy, 0)).toEqual([0]);
  });
});

describe('the file of a graph', () => {
  it('is whole at its full length only', async () => {
    await filled().write(path);
    const bytes = await readFile(path);
    const isWhole = (end: number, pieceBytes = bytes.length) => {
      const check = new GraphFileCheck();
      for (let at = 0; at < end; at += pieceBytes) {
        check.push(bytes.subarray(at, Math.min(end, at + pieceBytes)));
      }
      return check.isWhole();
    };
    for (const pieceBytes of [96, 1_000, bytes.length]) expect(isWhole(bytes.length, pieceBytes)).toBe(true);
    for (let end = 0; end < bytes.length; end += end < bytes.length - 4_000 ? 997 : 1) {
      expect(isWhole(end)).toBe(false);
    }
  });
});
