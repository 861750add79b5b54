#!/usr/bin/env node
import type { Command } from './command.js';
import { runWarm } from './warm-command.js';

const COMMANDS: Readonly<Record<string, Command>> = { warm: runWarm };

async function main([name = '', ...args]: readonly string[]): Promise<number> {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) throw new Error(`usage: tidegate ${Object.keys(COMMANDS).join('|')} ...`);
  const interruption = new AbortController();
  process.once('SIGINT', () => {
    interruption.abort();
  });
  return command(args, { out: process.stdout, interrupted: interruption.signal });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
