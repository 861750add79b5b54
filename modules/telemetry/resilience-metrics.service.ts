import { Injectable } from '@nestjs/common';
import { Exposition, Instruments } from './instruments.service.js';

const BREAKER_LEVEL = { closed: 0, 'half-open': 1, open: 2 };

/** A retry that was made and what it brought, or why none was made. */
export type RetryOutcome = 'mended' | 'failed' | 'no-budget' | 'no-time';

/** Prometheus instruments of what keeps one failure from becoming another: breakers, deadlines, retries. */
@Injectable()
export class ResilienceMetrics extends Instruments {
  private readonly breakerLevel = this.gauge(
    'breaker_state',
    'State of a breaker: 0 closed, 1 half-open, 2 open.',
    ['breaker'],
  );
  private readonly breakerMoves = this.counter(
    'breaker_transitions_total',
    'Times a breaker entered a state.',
    ['breaker', 'to'],
  );
  private readonly healthProbes = this.counter(
    'chroma_probes_total',
    'Heartbeats asked of ChromaDB while one of its breakers was not closed, by outcome.',
    ['outcome'],
  );
  private readonly panics = this.counter(
    'breaker_panics_total',
    'Reads that a tier was asked for past its open breaker, as no other was left.',
    ['tier'],
  );
  private readonly deadlines = this.counter(
    'deadlines_exceeded_total',
    'Requests whose time was over, by route and by how far the answer was.',
    ['route', 'stage'],
  );
  private readonly retries = this.counter(
    'retries_total',
    'Reads of ChromaDB that were repeated, by what came of it, or that could not be, by why.',
    ['outcome'],
  );
  private readonly drops = this.counter(
    'dropped_searches_total',
    'Searches that the mirror worker dropped unbegun, as nobody waited for them any more.',
    [],
  );
  private readonly refusals = this.counter(
    'refused_connections_total',
    'Connections of callers closed at once, as there were too many.',
    [],
  );

  constructor(exposition: Exposition = new Exposition()) {
    super(exposition);
  }

  breaker(breaker: string, state: keyof typeof BREAKER_LEVEL): void {
    this.breakerLevel.set({ breaker }, BREAKER_LEVEL[state]);
    this.breakerMoves.inc({ breaker, to: state });
  }

  chromaProbed(outcome: 'ok' | 'failed'): void {
    this.healthProbes.inc({ outcome });
  }

  panicked(tier: string): void {
    this.panics.inc({ tier });
  }

  /** `route` is a route's name, never a path. */
  deadlineExceeded(route: string, stage: 'reading' | 'answering'): void {
    this.deadlines.inc({ route, stage });
  }

  retry(outcome: RetryOutcome): void {
    this.retries.inc({ outcome });
  }

  searchDropped(): void {
    this.drops.inc();
  }

  connectionRefused(): void {
    this.refusals.inc();
  }
}
