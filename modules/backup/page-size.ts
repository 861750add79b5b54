/** A page is to have about so many bytes: large enough for speed, small enough to be held several times. */
const PAGE_TARGET_BYTES = 8 * 1024 * 1024;
const MAX_PAGE_RECORDS = 1_000;
const FIRST_PAGE_RECORDS = 100;

/** How many records to ask for at once: as many as make a page of the size that is aimed at. */
export class PageSize {
  records = FIRST_PAGE_RECORDS;

  /** A page had so many records, and so many bytes. */
  learn(records: number, bytes: number): void {
    if (records === 0) return;
    const fitting = Math.floor((PAGE_TARGET_BYTES * records) / bytes);
    this.records = Math.min(MAX_PAGE_RECORDS, Math.max(1, fitting));
  }
}
