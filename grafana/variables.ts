import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DATASOURCE } from './panels.js';

/** A gauge without labels of its own: there from the first scrape on, before any request came. */
const ALWAYS_THERE = 'tidegate_hot_memory_limit_bytes';

/** The choice of a Prometheus. */
export function datasourceVariable(): DatasourceVariableBuilder {
  return new DatasourceVariableBuilder('datasource')
    .label('Data source')
    .description('The Prometheus that scrapes Tidegate.')
    .type('prometheus');
}

/** The scrape jobs that know Tidegate. */
export function jobVariable(): QueryVariableBuilder {
  return labelVariable('job', 'Job', `label_values(${ALWAYS_THERE}, job)`);
}

/** The processes of the chosen jobs. */
export function instanceVariable(): QueryVariableBuilder {
  return labelVariable('instance', 'Instance', `label_values(${ALWAYS_THERE}{job=~"$job"}, instance)`);
}

function labelVariable(name: string, label: string, query: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query({ query, refId: `${name}-variable` })
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ text: ['All'], value: ['$__all'] });
}
