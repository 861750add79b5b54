import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { sourceRoot } from '../source-root.js';

/** The part of the compose format that the file uses, in the forms it uses. */
const Service = z.strictObject({
  image: z.string(),
  build: z.strictObject({ context: z.string(), dockerfile: z.string() }).optional(),
  init: z.boolean().optional(),
  restart: z.string(),
  stop_grace_period: z.string().optional(),
  logging: z.object({ driver: z.string() }),
  environment: z.record(z.string(), z.string()).default({}),
  command: z.array(z.string()).optional(),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  depends_on: z.union([z.array(z.string()), z.record(z.string(), z.unknown())]).optional(),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  mem_limit: z.string(),
});

export const Compose = z.object({
  services: z.record(z.string(), Service),
  volumes: z.record(z.string(), z.unknown()),
});

export type Compose = z.infer<typeof Compose>;

/** A YAML file of the source tree, its `<<` merges done as Docker does them. */
export function readYaml(...path: readonly string[]): unknown {
  return parse(readFileSync(join(sourceRoot(), ...path), 'utf8'), { merge: true });
}

/** What Docker itself says of the file; where its compose client is not installed, that. */
export function dockerVerdict(): string {
  if (docker('compose', 'version').status !== 0) return 'no client';
  const { status, stderr } = docker('compose', '--file', 'docker-compose.yml', 'config', '-q');
  return status === 0 ? 'accepted' : `refused: ${stderr}`;
}

function docker(...args: readonly string[]) {
  return spawnSync('docker', args, { cwd: sourceRoot(), encoding: 'utf8', timeout: 30_000 });
}
