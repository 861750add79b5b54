import type { Comparison, Operand } from '../vector/where.js';
import { CheckGivenUp, everySlot, type Candidates, type Checkable, type FilterSource } from './candidates.js';
import type { DocumentTexts } from './document-texts.js';
import type { FilterColumns } from './filter-columns.js';
import { PatternSearch } from './pattern-search.js';
import type { SlotSet } from './slot-set.js';

/** The evaluation of one filter over a mirror's columns and documents; its patterns share one time. */
export class FilterSearch implements FilterSource {
  private readonly patterns = new PatternSearch();

  constructor(
    readonly size: number,
    private readonly columns: FilterColumns,
    private readonly documents: DocumentTexts,
  ) {}

  compare(key: string, operator: Comparison, operand: Operand): SlotSet | undefined {
    return this.columns.compare(this.size, key, operator, operand);
  }

  arrayHas(key: string, operand: Operand): SlotSet | undefined {
    return this.columns.arrayHas(this.size, key, operand);
  }

  documentHas(text: string): Candidates | undefined {
    return this.documents.having(text, this.size);
  }

  documentMatches(pattern: string): Candidates | undefined {
    const test = this.patterns.tester(pattern);
    if (test === undefined) return undefined;
    const check = ({ document }: Checkable) => {
      const matches = document !== undefined && test(document);
      if (matches === undefined) throw new CheckGivenUp();
      return matches;
    };
    return { ...everySlot(this.size), check };
  }
}
