#!/usr/bin/env node
import { runBackup } from './backup-command.js';
import type { Command } from './command.js';
import { failureOf, EXIT } from './exit-codes.js';
import { runRestore } from './restore-command.js';
import { runWarm } from './warm-command.js';

const COMMANDS: Readonly<Record<string, Command>> = {
  backup: runBackup,
  restore: runRestore,
  warm: (args, out) => runWarm(args, out, interruption()),
};

const HELP = `Usage: tidegate <command> ...

Commands, each with its own --help:
  backup    writes collections of a ChromaDB into one file
  restore   brings them back, or checks such a file
  warm      has a running Tidegate mirror a collection, and shows how far it is
`;

/** Aborted at Ctrl+C, which then ends the command no more by itself. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => {
    controller.abort();
  });
  return controller.signal;
}

async function main([name, ...args]: readonly string[]): Promise<number> {
  const command = name === undefined || !Object.hasOwn(COMMANDS, name) ? undefined : COMMANDS[name];
  if (command) return command(args, process.stdout);
  const isAsked = name === '--help' || name === 'help';
  (isAsked ? process.stdout : process.stderr).write(HELP);
  return isAsked ? EXIT.done : EXIT.usage;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const { text, code } = failureOf(error);
  process.stderr.write(`\n${text}\n`);
  process.exitCode = code;
}
