import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import * as common from '@grafana/grafana-foundation-sdk/common';
import { MappingType, type Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';

/** The variable at the top of the dashboard, so that it works with a Prometheus of any name. */
export const DATASOURCE: common.DataSourceRef = { type: 'prometheus', uid: '${datasource}' };

const PANEL_HEIGHT = 8;

/** One line, or one family of lines, of a graph. */
export interface Query {
  readonly expr: string;
  readonly legend: string;
}

/** What a panel says; how it looks is decided by the functions of this file. */
export interface PanelSpec {
  readonly title: string;
  readonly description: string;
  readonly unit: string;
  /** In 24ths of the dashboard. */
  readonly width: number;
  readonly queries: readonly Query[];
  /** Stacked where the lines add up to a whole. */
  readonly stacked?: boolean;
  /** States drawn as bands rather than as a line: the text and colour of each value. */
  readonly states?: readonly { readonly value: number; readonly text: string; readonly color: string }[];
}

/** The builder of a panel, for `DashboardBuilder.withPanel`. */
export function panel(spec: PanelSpec, id: number): Builder<Panel> {
  return spec.states === undefined ? lines(spec, id) : bands(spec, id, spec.states);
}

function lines(spec: PanelSpec, id: number): Builder<Panel> {
  const stacked = spec.stacked === true;
  const builder = new timeseries.PanelBuilder()
    .lineWidth(1)
    .fillOpacity(stacked ? 40 : 8)
    .showPoints(common.VisibilityMode.Never)
    .axisSoftMin(0)
    .legend(legend())
    .tooltip(tooltip());
  if (stacked) builder.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal));
  if (spec.unit === 'percentunit') builder.min(0).max(1);
  return describe(builder, spec, id);
}

function bands(spec: PanelSpec, id: number, states: NonNullable<PanelSpec['states']>): Builder<Panel> {
  const texts = states.map(({ value, text, color }, index) => [String(value), { text, color, index }]);
  const options = Object.fromEntries(texts) as Record<string, { text: string; color: string; index: number }>;
  const builder = new statetimeline.PanelBuilder()
    .mappings([{ type: MappingType.ValueToText, options }])
    .mergeValues(true)
    .legend(legend())
    .tooltip(tooltip());
  return describe(builder, spec, id);
}

/** What all kinds of panels have in common. */
function describe<B extends timeseries.PanelBuilder | statetimeline.PanelBuilder>(
  builder: B,
  spec: PanelSpec,
  id: number,
): B {
  builder
    .id(id)
    .title(spec.title)
    .description(spec.description)
    .unit(spec.unit)
    .span(spec.width)
    .height(PANEL_HEIGHT)
    .datasource(DATASOURCE)
    .targets(spec.queries.map(target));
  return builder;
}

function target(query: Query, index: number): prometheus.DataqueryBuilder {
  return new prometheus.DataqueryBuilder()
    .refId(String.fromCharCode('A'.charCodeAt(0) + index))
    .datasource(DATASOURCE)
    .expr(query.expr)
    .legendFormat(query.legend)
    .range();
}

function legend(): common.VizLegendOptionsBuilder {
  return new common.VizLegendOptionsBuilder()
    .displayMode(common.LegendDisplayMode.List)
    .placement(common.LegendPlacement.Bottom)
    .showLegend(true);
}

function tooltip(): common.VizTooltipOptionsBuilder {
  return new common.VizTooltipOptionsBuilder()
    .mode(common.TooltipDisplayMode.Multi)
    .sort(common.SortOrder.Descending);
}
