import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { sourceRoot } from './source-root.js';
import { Compose, readYaml } from './testing/compose.js';
import { exposedFamilies, familyOf, type Family } from './testing/exposition.js';
import { prometheusFiles, promtoolFaults } from './testing/promtool.js';
import { readExpression } from './testing/promql.js';

const Rules = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          record: z.string().optional(),
          alert: z.string().optional(),
          expr: z.string(),
          labels: z.record(z.string(), z.string()).default({}),
          annotations: z.record(z.string(), z.string()).default({}),
        }),
      ),
    }),
  ),
});

const rules = ['recording.yml', 'alerts.yml'].flatMap((name) =>
  Rules.parse(readYaml('grafana', 'prometheus', 'rules', name)).groups.flatMap((group) => group.rules),
);
const recorded = rules.flatMap(({ record }) => record ?? []);
const alerts = rules.flatMap((rule) => (rule.alert === undefined ? [] : [{ ...rule, name: rule.alert }]));
const runbook = readFileSync(join(sourceRoot(), 'docs', 'runbook.md'), 'utf8');
const headings = [...runbook.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);

/** As GitHub makes an anchor of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
}

describe('the rules', () => {
  it('are in order, says promtool', () => {
    expect(promtoolFaults('check', 'rules', '--lint=all', '--lint-fatal', ...prometheusFiles('rules'))).toBe(
      '',
    );
  });

  it('fire and are quiet as their tests say', () => {
    expect(promtoolFaults('test', 'rules', ...prometheusFiles('tests'))).toBe('');
  }, 180_000);

  it('have a test in which each alert fires, and one in which it does not', () => {
    const tests = prometheusFiles('tests')
      .map((path) => readFileSync(path, 'utf8'))
      .join('');
    const seen = (name: string, rest: string) => new RegExp(`alertname: ${name}\\n\\s+exp_alerts:${rest}`);
    const silent = alerts.filter(({ name }) => !seen(name, '\\n').test(tests));
    const loud = alerts.filter(({ name }) => !seen(name, ' \\[\\]').test(tests));
    expect([...silent, ...loud].map(({ name }) => name)).toEqual([]);
  });

  it('are the files that Prometheus loads, where they are mounted', () => {
    const { rule_files: loaded } = readYaml('grafana', 'prometheus', 'prometheus.yml') as {
      rule_files: string[];
    };
    expect(loaded).toEqual(['/etc/prometheus/rules/*.yml']);
    const { services } = Compose.parse(readYaml('docker-compose.yml'));
    expect(services['prometheus']?.volumes).toContain('./grafana/prometheus/rules:/etc/prometheus/rules:ro');
  });

  it('record under names of level, metric and operations', () => {
    expect(recorded.length).toBeGreaterThan(0);
    expect(recorded.filter((name) => !/^job:[a-z_]+:[a-z]+_[a-z0-9]+$/.test(name))).toEqual([]);
  });
});

describe('each alert', () => {
  it.each(alerts.map((alert) => [alert.name, alert] as const))('%s', (name, { labels, annotations }) => {
    expect(['page', 'ticket']).toContain(labels['severity']);
    expect(annotations['summary']).toMatch(/^[A-Z].*[^.]$/);
    expect(annotations['description']).toMatch(/\.$/);
    const [path, anchor] = (annotations['runbook_url'] ?? '').split('#');
    expect([path, anchor]).toEqual(['docs/runbook.md', anchorOf(name)]);
    expect(headings.map(anchorOf)).toContain(anchor);
  });
});

describe('each expression of a rule', () => {
  let families: ReadonlyMap<string, Family>;

  beforeAll(async () => {
    families = await exposedFamilies();
  });

  it.each(rules.map(({ record, alert = record, expr }) => [alert, expr]))('%s', (_, expression = '') => {
    const { errors, metrics, labels } = readExpression(expression);
    expect(errors).toBe(0);
    expect(metrics.length).toBeGreaterThan(0);
    for (const { metric } of metrics) {
      if (metric === 'up' || recorded.includes(metric)) continue;
      const family = families.get(familyOf(families, metric) ?? '');
      expect([metric, family?.type]).toEqual([metric, expect.any(String)]);
      const known = [...(family?.labels ?? []), 'job', 'instance'];
      expect(labels.filter((label) => !known.includes(label))).toEqual([]);
    }
  });
});

describe('docs/runbook.md', () => {
  it('has no section on an alert that does not exist', () => {
    const named = headings.filter((heading) => heading.startsWith('Tidegate') && !heading.includes(' '));
    expect(named.filter((heading) => !alerts.some(({ name }) => name === heading))).toEqual([]);
  });
});
