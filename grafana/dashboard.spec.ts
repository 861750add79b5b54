import { readFileSync } from 'node:fs';
import type { Panel, RowPanel } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Dataquery } from '@grafana/grafana-foundation-sdk/prometheus';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { overview } from './dashboard.js';
import { DASHBOARD_FILE, dashboardText } from './dashboard-file.js';
import { exposedFamilies, familyOf, type Family } from './testing/exposition.js';
import { readExpression } from './testing/promql.js';

const committed = readFileSync(DASHBOARD_FILE, 'utf8');
const dashboard = JSON.parse(committed) as ReturnType<typeof overview>;
const panels = (dashboard.panels ?? []).filter(isPanel);
const expressions = panels.flatMap((panel) => queriesOf(panel).map((query) => query.expr));
const template = { type: 'prometheus', uid: '${datasource}' };

function isPanel(panel: Panel | RowPanel): panel is Panel {
  return panel.type !== 'row';
}

function queriesOf(panel: Panel): readonly Dataquery[] {
  return (panel.targets ?? []) as Dataquery[];
}

describe('the committed dashboard', () => {
  it('is what the code generates', async () => {
    expect(committed).toBe(await dashboardText());
  });

  it('has variables for the data source, the job and the instance', () => {
    const names = (dashboard.templating.list ?? []).map((variable) => variable.name);
    expect(names).toEqual(['datasource', 'job', 'instance']);
  });

  it('has no two panels with one id or one title', () => {
    const all = dashboard.panels ?? [];
    expect(new Set(all.map((panel) => panel.id)).size).toBe(all.length);
    expect(new Set(all.map((panel) => panel.title)).size).toBe(all.length);
  });

  it('fills each line of the grid from edge to edge', () => {
    const widths = new Map<number, number>();
    for (const { gridPos } of panels) {
      widths.set(gridPos?.y ?? -1, (widths.get(gridPos?.y ?? -1) ?? 0) + (gridPos?.w ?? 0));
    }
    expect(new Set(widths.values())).toEqual(new Set([24]));
  });
});

describe('each panel', () => {
  it.each(panels.map((panel) => [panel.title ?? '', panel] as const))('%s', (title, panel) => {
    expect(title).not.toBe('');
    expect(panel.description ?? '').toMatch(/\.$/);
    expect(panel.fieldConfig?.defaults.unit ?? '').not.toBe('');
    expect(panel.datasource).toEqual(template);
    expect(queriesOf(panel).length).toBeGreaterThan(0);
    for (const query of queriesOf(panel)) expect(query).toMatchObject({ datasource: template });
    for (const query of queriesOf(panel)) expect(query.legendFormat ?? '').not.toBe('');
  });
});

describe('each expression', () => {
  let families: ReadonlyMap<string, Family>;

  beforeAll(async () => {
    families = await exposedFamilies();
  });

  it.each(expressions)('%s', (expression) => {
    const { errors, metrics, labels } = readExpression(expression);
    expect(errors).toBe(0);
    expect(metrics.length).toBeGreaterThan(0);
    for (const { metric, readBy } of metrics) {
      const family = families.get(familyOf(families, metric) ?? '');
      expect([metric, family?.type]).toEqual([metric, expect.any(String)]);
      const history = family?.type === 'gauge' ? [undefined] : ['rate', 'increase'];
      expect(history).toContain(readBy);
      const known = [...(family?.labels ?? []), 'job', 'instance'];
      expect(labels.filter((label) => !known.includes(label))).toEqual([]);
    }
  });

  it('is narrowed by the chosen job and instance', () => {
    const open = expressions.filter((expression) => {
      const selectors = readExpression(expression).metrics.length;
      return expression.split('{job=~"$job",instance=~"$instance"').length - 1 !== selectors;
    });
    expect(open).toEqual([]);
  });

  it('leaves no metric of Tidegate without a panel', () => {
    const uses = expressions.flatMap((expression) => readExpression(expression).metrics);
    const used = new Set(uses.map(({ metric }) => familyOf(families, metric)));
    const own = [...families.keys()].filter((name) => name.startsWith('tidegate_'));
    expect(own.length).toBeGreaterThan(20);
    expect(own.filter((name) => !used.has(name))).toEqual([]);
  });
});
