/** Every query is narrowed by the two variables at the top of the dashboard. */
const SELECTED = 'job=~"$job",instance=~"$instance"';

/** `metric{selected, more}`; `more` is a PromQL matcher such as `status=~"5.."`. */
export function select(metric: string, more = ''): string {
  return `${metric}{${more === '' ? SELECTED : `${SELECTED},${more}`}}`;
}

/** Events per second, summed over what is not in `by`. */
export function perSecond(metric: string, by: readonly string[] = [], more = ''): string {
  return sum(`rate(${select(metric, more)}[$__rate_interval])`, by);
}

/** Events within one step of the graph; for what happens too seldom to be read as a rate. */
export function perStep(metric: string, by: readonly string[] = [], more = ''): string {
  return sum(`increase(${select(metric, more)}[$__rate_interval])`, by);
}

/** Part of all events that matches `more`; zero, not a gap, while nothing has matched yet. */
export function shareMatching(metric: string, more: string): string {
  const all = perSecond(metric);
  return `(${perSecond(metric, [], more)} or 0 * ${all}) / ${all}`;
}

/** Part of all events that falls to each value of `label`. */
export function shareBy(metric: string, label: string): string {
  return `${perSecond(metric, [label])} / on () group_left () ${perSecond(metric)}`;
}

/** A quantile of a histogram; `metric` is its name without `_bucket`. */
export function quantile(q: number, metric: string, by: readonly string[] = []): string {
  return `histogram_quantile(${String(q)}, ${perSecond(`${metric}_bucket`, ['le', ...by])})`;
}

/** The present value of a gauge, summed over what is not in `by`. */
export function total(metric: string, by: readonly string[] = []): string {
  return sum(select(metric), by);
}

function sum(expression: string, by: readonly string[]): string {
  return by.length === 0 ? `sum(${expression})` : `sum by (${by.join(', ')}) (${expression})`;
}
