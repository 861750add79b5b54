/** A value in a filter. Whole numbers and floats are told apart by how they were written: `1` and `1.0`. */
export type Operand =
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'int'; readonly value: number }
  | { readonly type: 'float'; readonly value: number };

export type Comparison = '$eq' | '$ne' | '$gt' | '$gte' | '$lt' | '$lte';

/** A filter over records, as ChromaDB's `where` and `where_document` express it. */
export type Where =
  | { readonly kind: 'and' | 'or'; readonly children: readonly Where[] }
  | {
      readonly kind: 'comparison';
      readonly key: string;
      readonly operator: Comparison;
      readonly operand: Operand;
    }
  | {
      readonly kind: 'in';
      readonly key: string;
      readonly negated: boolean;
      readonly operands: readonly Operand[];
    }
  | { readonly kind: 'array'; readonly key: string; readonly negated: boolean; readonly operand: Operand }
  | { readonly kind: 'document'; readonly negated: boolean; readonly text: string };

/** Which records a search may return: those that match `where`, and those named. */
export interface RecordFilter {
  readonly where: Where | undefined;
  readonly ids: readonly string[] | undefined;
}

/**
 * Compares a stored number as ChromaDB's SQLite tables do: whole numbers and floats lie in columns of their
 * own, and the operand is converted to the type of each, a float by cutting its fraction off. So `$gte 1.5`
 * holds for the whole number 1, and for no float below 1.5.
 */
export function compareNumber(
  operator: Comparison,
  stored: number,
  isInt: boolean,
  operand: number,
): boolean {
  const bound = isInt ? Math.trunc(operand) : operand;
  switch (operator) {
    case '$eq':
      return stored === bound;
    case '$ne':
      return stored !== bound;
    case '$gt':
      return stored > bound;
    case '$gte':
      return stored >= bound;
    case '$lt':
      return stored < bound;
    case '$lte':
      return stored <= bound;
  }
}
