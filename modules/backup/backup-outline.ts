import { TidegateError } from '../vector/errors.js';
import {
  FORMAT_VERSION,
  isRecordLine,
  kindOf,
  linesOf,
  type BackupHead,
  type BackupTrailer,
  type CollectionEnd,
} from './backup-lines.js';
import { collectionShape, type CollectionShape } from './collection-shape.js';
import { rawMembers } from './raw-json.js';
import { idOf, parseRecordLine } from './raw-record.js';

/** A member of a backup file: where it stands, in bytes, and its text. */
export interface BackupMember {
  readonly start: number;
  readonly end: number;
  readonly text: Buffer;
}

/** What a backup holds of one collection. */
export interface Section {
  readonly shape: CollectionShape;
  readonly listedAt: string;
  /** Records that the store listed. */
  readonly listed: number;
  /** Byte at which the first member begins. */
  readonly start: number;
  /** Ids of the listing so far. */
  listedIds: number;
  records: number;
  /** Byte at which the last member ends. */
  finish: number;
  lastRecord: Buffer | undefined;
  end: CollectionEnd | undefined;
}

/** What is in a backup, whole or unfinished, as far as its members have been taken. */
export class BackupOutline {
  head: BackupHead | undefined;
  trailer: BackupTrailer | undefined;
  isSealed = false;
  readonly sections: Section[] = [];

  /** @throws TidegateError `backup-damaged` when the lines are not in the order of a backup */
  take(member: BackupMember): void {
    for (const line of linesOf(member.text)) {
      if (isRecordLine(line)) this.takeRecord(line, member);
      else this.takeOther(line, member);
    }
  }

  /** The collection that has begun and not ended. */
  open(): Section | undefined {
    const last = this.sections.at(-1);
    return last?.end ? undefined : last;
  }

  private takeRecord(line: Buffer, member: BackupMember): void {
    const section = this.open();
    if (!section || section.listedIds < section.listed) throw outOfOrder('a record', member);
    section.records++;
    section.lastRecord = line;
    section.finish = member.end;
  }

  private takeOther(line: Buffer, member: BackupMember): void {
    const kind = kindOf(line);
    if (this.isSealed || (this.head === undefined) !== (kind === 'backup')) throw outOfOrder(kind, member);
    const section = this.open();
    if (section) section.finish = member.end;
    switch (kind) {
      case 'backup':
        this.head = checkedHead(valueOf(line, kind) as BackupHead);
        return;
      case 'collection':
        if (section || this.trailer) throw outOfOrder(kind, member);
        this.sections.push(newSection(line, member));
        return;
      case 'ids':
        if (!section) throw outOfOrder(kind, member);
        section.listedIds += (valueOf(line, kind) as unknown[]).length;
        return;
      case 'resumed':
        return;
      case 'end':
        if (!section) throw outOfOrder(kind, member);
        section.end = valueOf(line, kind) as CollectionEnd;
        if (section.end.records !== section.records) throw outOfOrder('another count of records', member);
        return;
      case 'trailer':
        if (section) throw outOfOrder(kind, member);
        this.trailer = valueOf(line, kind) as BackupTrailer;
        return;
      case 'seal':
        if (!this.trailer) throw outOfOrder(kind, member);
        this.isSealed = true;
        return;
      default:
        throw outOfOrder(`a line of kind ${JSON.stringify(kind)}`, member);
    }
  }
}

/** The id of the last record that an unfinished collection holds. */
export function lastIdOf({ lastRecord }: Section): string | undefined {
  const record = lastRecord && parseRecordLine(lastRecord);
  return record && idOf(record);
}

function newSection(line: Buffer, { start, end }: BackupMember): Section {
  const members = rawMembers(rawMembers(line).get('collection') ?? Buffer.from('{}'));
  const description = members.get('description') ?? Buffer.from('{}');
  return {
    shape: collectionShape(description),
    listedAt: JSON.parse(String(members.get('listed_at'))) as string,
    listed: Number(members.get('listed')),
    ...{ start, listedIds: 0, records: 0, finish: end, lastRecord: undefined, end: undefined },
  };
}

function checkedHead(head: BackupHead): BackupHead {
  if (head.format === FORMAT_VERSION) return head;
  throw new TidegateError(
    'backup-refused',
    `the file has format ${head.format}; this Tidegate reads format ${FORMAT_VERSION}`,
    'use the Tidegate that wrote it',
  );
}

function valueOf(line: Buffer, kind: string): unknown {
  return (JSON.parse(line.toString()) as Record<string, unknown>)[kind];
}

function outOfOrder(what: string, { start }: BackupMember): TidegateError {
  return new TidegateError(
    'backup-damaged',
    `the member at byte ${start} holds ${what} where none belongs`,
    'the file is no backup, or was put together wrongly: take another copy',
  );
}
