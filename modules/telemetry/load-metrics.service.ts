import { Injectable } from '@nestjs/common';
import { Exposition, Instruments, type LabelledGauge } from './instruments.service.js';

/**
 * Why a request was shed: no room for anybody; its caller or collection has its share; it waited as long as
 * calls may; too many requests in the process; too many bytes of bodies in memory.
 */
export type ShedReason = 'full' | 'share' | 'waited' | 'requests' | 'bytes';

/** What goes on in a lane at one moment, in calls. */
export interface LaneLoad {
  readonly limit: number;
  readonly underWay: number;
  readonly waiting: number;
}

/** What goes on at the door at one moment. */
export interface DoorLoad {
  readonly requests: number;
  readonly bodyBytes: number;
}

/** Instruments of how much is let in. Levels are asked for when they are read: they cost requests nothing. */
@Injectable()
export class LoadMetrics extends Instruments {
  private readonly lanes = new Map<string, () => LaneLoad>();
  private door: () => DoorLoad = () => ({ requests: 0, bodyBytes: 0 });
  private readonly shedRequests = this.counter(
    'shed_total',
    'Requests refused because of overload, by lane and by the reason.',
    ['lane', 'reason'],
  );
  private readonly waits = this.histogram(
    'lane_wait_seconds',
    'Time calls waited for a place in a lane; only of those that had to.',
    ['lane'],
  );

  constructor(exposition: Exposition = new Exposition()) {
    super(exposition);
    this.ofLanes('lane_limit_calls', 'Calls that a lane lets be under way at one time.', 'limit');
    this.ofLanes('lane_running_calls', 'Calls under way in a lane.', 'underWay');
    this.ofLanes('lane_waiting_calls', 'Calls that wait for a place in a lane.', 'waiting');
    this.sampled('requests_in_flight', "Requests of ChromaDB's API in flight.", [], (gauge) => {
      gauge.set(this.door().requests);
    });
    this.sampled('request_bodies_bytes', 'Memory held by bodies of requests in flight.', [], (gauge) => {
      gauge.set(this.door().bodyBytes);
    });
  }

  watchLane(lane: string, load: () => LaneLoad): void {
    this.lanes.set(lane, load);
  }

  watchDoor(load: () => DoorLoad): void {
    this.door = load;
  }

  shed(lane: string, reason: ShedReason): void {
    this.shedRequests.inc({ lane, reason });
  }

  waited(lane: string, seconds: number): void {
    this.waits.observe({ lane }, seconds);
  }

  private ofLanes(name: string, help: string, level: keyof LaneLoad): void {
    this.sampled(name, help, ['lane'], (gauge: LabelledGauge<'lane'>) => {
      for (const [lane, load] of this.lanes) gauge.set({ lane }, load()[level]);
    });
  }
}
