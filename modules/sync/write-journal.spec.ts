import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Log } from '../telemetry/log.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { writeEntry } from './journal-entry.js';
import { CONFIG, idOf } from './sync-world.fake.js';
import { WriteJournal } from './write-journal.store.js';

const SETTLE_MS = 60_000;

let dataDir: string;
let metrics: Metrics;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tidegate-journal-'));
  metrics = new Metrics();
});

afterEach(() => {
  rmSync(dataDir, { recursive: true });
});

const path = () => join(dataDir, 'journal', 'journal');

/** A process that starts; earlier ones are dead without having closed theirs. */
function start(settleMs = SETTLE_MS): WriteJournal {
  const config = Object.assign({}, CONFIG, { dataDir, settleMs });
  const journal = new WriteJournal(config, metrics, new Log('silent'));
  journal.onModuleInit();
  return journal;
}

async function failures(use: string): Promise<boolean> {
  return (await metrics.expose()).text.includes(`tidegate_journal_failures_total{use="${use}"} 1`);
}

describe('WriteJournal', () => {
  it('doubts nothing at its first start', () => {
    expect(start().recoveredDoubt(idOf(1))).toBeUndefined();
  });

  it('doubts what was under way when the process died, and nothing else', () => {
    const journal = start();
    journal.ended(journal.sent(idOf(1), ['a']), false);
    journal.sent(idOf(2), ['b']);
    journal.ended(journal.sent(idOf(3), ['c']), true);
    const next = start();
    const doubted = [1, 2, 3, 4].filter((number) => next.recoveredDoubt(idOf(number)));
    expect(doubted).toEqual([2, 3]);
    expect(next.recoveredDoubt(idOf(2))?.ids).toBeUndefined();
    next.settled(idOf(2));
    const last = start();
    expect([2, 3].filter((number) => last.recoveredDoubt(idOf(number)))).toEqual([3]);
  });

  it('tells what was touched since a snapshot, however often the process dies', () => {
    const journal = start();
    journal.sent(idOf(1), ['under way']);
    journal.mark(idOf(1), 'm');
    journal.ended(journal.sent(idOf(1), ['after']), false);
    expect(start().touchedSince(idOf(1), 'm')).toEqual(['under way', 'after']);
    const last = start();
    expect(last.touchedSince(idOf(1), 'm')).toEqual(['under way', 'after']);
    expect(last.recoveredDoubt(idOf(1))?.ids).toEqual(['under way', 'after']);
  });

  it('forgets older marks when a later one is kept', () => {
    const journal = start();
    journal.mark(idOf(1), 'old');
    journal.ended(journal.sent(idOf(1), ['a']), false);
    journal.mark(idOf(1), 'new');
    journal.keep(idOf(1), 'new');
    const next = start();
    expect([next.touchedSince(idOf(1), 'old'), next.touchedSince(idOf(1), 'new')]).toEqual([undefined, []]);
    next.keep(idOf(1), undefined);
    expect(start().touchedSince(idOf(1), 'new')).toBeUndefined();
  });

  it('doubts every collection for a while after a call that may have changed any', async () => {
    start().sent('all', []);
    expect(start(50).recoveredDoubt(idOf(1))).toEqual({ since: expect.any(Date), ids: undefined });
    const journal = start(50);
    await sleep(60);
    expect(journal.recoveredDoubt(idOf(1))).toBeUndefined();
    expect(start().recoveredDoubt(idOf(1))).toBeUndefined();
  });

  it.each<[string, (text: string) => string | undefined]>([
    ['damaged', (text) => text.replace('marked', 'marker')],
    ['gone', () => undefined],
    ['of another start of the system', () => writeEntry({ kind: 'opened', boot: 'another' })],
  ])('believes no journal that is %s', async (_, spoil) => {
    const journal = start();
    journal.mark(idOf(1), 'm');
    const spoilt = spoil(readFileSync(path(), 'utf8'));
    if (spoilt === undefined) rmSync(path());
    else writeFileSync(path(), spoilt);
    const next = start();
    expect(next.touchedSince(idOf(1), 'm')).toBeUndefined();
    expect(next.recoveredDoubt(idOf(1))).toBeDefined();
    expect(await failures('read')).toBe(true);
  });

  it('believes one that was closed in order', () => {
    const journal = start();
    journal.mark(idOf(1), 'm');
    journal.onApplicationShutdown();
    expect(start().touchedSince(idOf(1), 'm')).toEqual([]);
  });

  it('goes on without its last entry when that was being written', () => {
    const journal = start();
    journal.mark(idOf(1), 'm');
    appendFileSync(path(), 'd6f5d7a1 {"kind":"kept"');
    expect(start().touchedSince(idOf(1), 'm')).toEqual([]);
  });

  it('takes a journal away that it cannot write, and writes it whole when it can again', async () => {
    const journal = start();
    journal.mark(idOf(1), 'm');
    const folder = join(dataDir, 'journal');
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'in the way');
    // As after an entry that could not be written.
    Object.assign(journal, { file: undefined });
    journal.ended(journal.sent(idOf(1), ['a']), false);
    expect(await failures('write')).toBe(true);
    rmSync(folder);
    Object.assign(journal, { retryAtMs: 0 });
    journal.sent(idOf(2), ['b']);
    const next = start();
    expect(next.touchedSince(idOf(1), 'm')).toEqual(['a']);
    expect(next.recoveredDoubt(idOf(2))).toBeDefined();
  });
});
