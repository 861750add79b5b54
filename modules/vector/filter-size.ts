import type { RecordFilter, Where } from './where.js';

/**
 * ChromaDB makes one statement of a filter, and SQLite refuses statements with more than 32,766 values or
 * expressions over 1,000 deep. How many of each a filter comes to is counted from above, with room left.
 */
const MAX_VALUES = 30_000;
const MAX_CONDITIONS = 500;
/** A comparison with a number is made twice, for whole numbers and for floats, each with its key. */
const VALUES_PER_OPERAND = 2;
const VALUES_PER_CONDITION = 4;

/** Whether SQLite certainly takes the statement that ChromaDB makes of a filter. */
export function fitsOneStatement({ where, ids = [] }: RecordFilter): boolean {
  const { conditions, values } = where ? sizeOf(where) : { conditions: 0, values: 0 };
  return conditions <= MAX_CONDITIONS && values + ids.length <= MAX_VALUES;
}

interface Size {
  readonly conditions: number;
  readonly values: number;
}

function sizeOf(where: Where): Size {
  if (where.kind !== 'and' && where.kind !== 'or') {
    const operands = where.kind === 'in' ? where.operands.length : 1;
    return { conditions: 1, values: VALUES_PER_CONDITION + operands * VALUES_PER_OPERAND };
  }
  const sizes = where.children.map(sizeOf);
  return {
    conditions: sizes.reduce((sum, { conditions }) => sum + conditions, 1),
    values: sizes.reduce((sum, { values }) => sum + values, 0),
  };
}
