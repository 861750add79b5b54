#!/usr/bin/env node
import { runBackup } from './backup-command.js';
import { failureOf, EXIT } from './exit-codes.js';
import { runRestore } from './restore-command.js';

/** Runs a subcommand with its arguments. @returns the exit code */
export type Command = (args: readonly string[]) => Promise<number>;

const COMMANDS: Readonly<Record<string, Command>> = {
  backup: runBackup,
  restore: runRestore,
};

const HELP = `Usage: tidegate <command> ...

Commands, each with its own --help:
  backup    writes collections of a ChromaDB into one file
  restore   brings them back, or checks such a file
`;

async function main([name, ...args]: readonly string[]): Promise<number> {
  const command = name === undefined || !Object.hasOwn(COMMANDS, name) ? undefined : COMMANDS[name];
  if (command) return command(args);
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
