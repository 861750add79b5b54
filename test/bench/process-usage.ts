import { readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;
const BYTES_PER_KIB = 1_024;
/** In /proc/PID/stat, counted behind the name of the command, which may hold blanks. */
const USER_TICKS_FIELD = 11;
const SYSTEM_TICKS_FIELD = 12;

/** Seconds of processor time that a process used so far, by /proc; 0 once it is gone. */
export function cpuSeconds(pid: number): number {
  const stat = textOf(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[USER_TICKS_FIELD] ?? 0) + Number(fields[SYSTEM_TICKS_FIELD] ?? 0);
  return ticks / TICKS_PER_SECOND;
}

/** Resident memory of a process, in bytes. */
export function residentBytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(textOf(`/proc/${pid}/status`))?.[1] ?? '0';
  return Number(kib) * BYTES_PER_KIB;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
