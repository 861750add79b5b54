import { fitsOneStatement } from '../vector/filter-size.js';
import { JsonCursor } from '../vector/json-cursor.js';
import { isIncludable, type Include } from '../vector/read-request.js';
import { parseWhere, parseWhereDocument, UnsupportedFilter } from '../vector/where-parser.js';
import type { RecordFilter, Where } from '../vector/where.js';
import { readTexts, readU32 } from './wire-members.js';

/** The members that the bodies of `query` and `get` have in common: which records, and what of them. */
export class RecordMembers {
  readonly cursor: JsonCursor;
  /** Something that ChromaDB may refuse. */
  odd = false;
  private readonly seen = new Set<string>();
  private where: Where | undefined;
  private whereDocument: Where | undefined;
  private ids: readonly string[] | undefined;

  constructor(
    body: Uint8Array,
    public include: readonly Include[],
  ) {
    this.cursor = new JsonCursor(body);
  }

  /**
   * Reads the whole body.
   * @param own reads the value of a member of the call's own; false for a key that it does not know
   * @throws JsonSyntaxError or UnsupportedFilter
   */
  read(own: (key: string) => boolean): void {
    this.cursor.object((key) => {
      if (this.seen.has(key)) this.odd = true;
      this.seen.add(key);
      if (this.common(key) || own(key)) return;
      this.cursor.value();
      this.odd = true;
    });
    this.cursor.end();
  }

  /**
   * ChromaDB requires both `where` and `where_document` to hold.
   * @throws UnsupportedFilter when ChromaDB may fail at its size
   */
  filter(): RecordFilter | undefined {
    const { where, whereDocument, ids } = this;
    const both: Where | undefined =
      where && whereDocument ? { kind: 'and', children: [where, whereDocument] } : (where ?? whereDocument);
    if (both === undefined && ids === undefined) return undefined;
    const filter = { where: both, ids };
    if (!fitsOneStatement(filter)) throw new UnsupportedFilter('more than one statement holds');
    return filter;
  }

  /** A u32; undefined for null. */
  wholeNumber(): number | undefined {
    return this.cursor.isNull() ? undefined : readU32(this.cursor);
  }

  private common(key: string): boolean {
    const { cursor } = this;
    if (key === 'include') this.readInclude();
    else if (key === 'where') this.where = this.readFilter(parseWhere);
    else if (key === 'where_document') this.whereDocument = this.readFilter(parseWhereDocument);
    else if (key === 'ids') this.ids = cursor.isNull() ? undefined : readTexts(cursor);
    else return false;
    return true;
  }

  private readFilter(parse: (cursor: JsonCursor) => Where): Where | undefined {
    // ChromaDB refuses what is nested too deeply; the body is around it.
    this.cursor.checkDepth(1);
    return this.cursor.isNull() ? undefined : parse(this.cursor);
  }

  private readInclude(): void {
    const include: Include[] = [];
    this.cursor.array(() => {
      const name = this.cursor.string();
      if (isIncludable(name)) include.push(name);
      else this.odd = true;
    });
    this.include = include;
  }
}
