import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';

/** One metric named in an expression, and the function that reads its history, if one does. */
export interface MetricUse {
  readonly metric: string;
  readonly readBy: string | undefined;
}

/** What an expression says, as far as the checks need it. */
export interface Reading {
  readonly errors: number;
  readonly metrics: readonly MetricUse[];
  /** Labels it matches or groups by. */
  readonly labels: readonly string[];
}

/** Reads an expression as Prometheus would, after Grafana has put values in the place of its variables. */
export function readExpression(expression: string): Reading {
  const text = substitute(expression);
  const metrics: MetricUse[] = [];
  const labels: string[] = [];
  let errors = 0;
  parser.parse(text).iterate({
    enter: ({ node, type }) => {
      if (type.isError) errors += 1;
      if (type.name === 'LabelName') labels.push(text.slice(node.from, node.to));
      if (type.name === 'VectorSelector') metrics.push(metricUse(node, text));
    },
  });
  return { errors, metrics, labels };
}

/** A duration for the interval variable, a word for any other: none may stay behind. */
function substitute(expression: string): string {
  return expression.replaceAll('$__rate_interval', '5m').replaceAll(/\$(\{\w+\}|\w+)/g, 'value');
}

function metricUse(selector: SyntaxNode, text: string): MetricUse {
  const name = selector.getChild('Identifier');
  const call = selector.parent?.name === 'MatrixSelector' ? selector.parent.parent?.parent : undefined;
  const reader = call?.getChild('FunctionIdentifier');
  return { metric: slice(name, text) ?? '', readBy: slice(reader, text) };
}

function slice(node: SyntaxNode | null | undefined, text: string): string | undefined {
  return node ? text.slice(node.from, node.to) : undefined;
}
