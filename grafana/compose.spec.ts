import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { describeConfig, readConfig } from '../src/config.js';
import { sourceRoot } from './source-root.js';
import { Compose, dockerVerdict, readYaml } from './testing/compose.js';

const compose = Compose.parse(readYaml('docker-compose.yml'));
const services = Object.entries(compose.services);
const tidegate = compose.services['tidegate'];

const Scrapes = z.object({
  global: z.object({ scrape_interval: z.string() }),
  scrape_configs: z.array(
    z.object({
      job_name: z.string(),
      metrics_path: z.string(),
      static_configs: z.array(z.object({ targets: z.array(z.string()) })),
    }),
  ),
});

const Datasources = z.object({
  datasources: z.array(
    z.object({ type: z.string(), url: z.string(), jsonData: z.object({ timeInterval: z.string() }) }),
  ),
});

const Providers = z.object({
  providers: z.array(z.object({ options: z.object({ path: z.string() }) })),
});

describe('docker-compose.yml', () => {
  it('has the four services', () => {
    expect(Object.keys(compose.services).sort()).toEqual(['chroma', 'grafana', 'prometheus', 'tidegate']);
  });

  it.each(services)(
    '%s is pinned, limited, restarted, and published to this machine only',
    (_name, service) => {
      expect(service.image).toMatch(/:v?\d+\.\d+\.\d+$/);
      expect(service.mem_limit).toMatch(/^\d+[mg]$/);
      expect(service.restart).toBe('unless-stopped');
      for (const port of service.ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    },
  );

  it('does not publish ChromaDB, and keeps its data', () => {
    expect(compose.services['chroma']?.ports).toEqual([]);
    expect(compose.services['chroma']?.volumes).toEqual(['chroma-data:/data']);
  });

  it('mounts files that exist and volumes that are declared', () => {
    const sources = services.flatMap(([, { volumes }]) =>
      volumes.map((volume) => volume.split(':')[0] ?? ''),
    );
    const files = sources.filter((source) => source.startsWith('./'));
    const named = sources.filter((source) => !source.startsWith('./'));
    expect(files.filter((file) => !existsSync(join(sourceRoot(), file)))).toEqual([]);
    expect([...named].sort()).toEqual(Object.keys(compose.volumes).sort());
  });

  it('is accepted by Docker, where its compose client is installed', () => {
    expect(['accepted', 'no client']).toContain(dockerVerdict());
  });
});

describe('its Tidegate', () => {
  it('is built from a Dockerfile that ignores nothing it copies', () => {
    const { context = '', dockerfile = '' } = tidegate?.build ?? {};
    const text = readFileSync(join(sourceRoot(), context, dockerfile), 'utf8');
    const ignored = readFileSync(join(sourceRoot(), context, '.dockerignore'), 'utf8').split('\n');
    const copied = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names = '']) =>
      names.split(' '),
    );
    expect(copied.length).toBeGreaterThan(5);
    expect(copied.filter((name) => !existsSync(join(sourceRoot(), name)))).toEqual([]);
    const nest = JSON.parse(readFileSync(join(sourceRoot(), 'nest-cli.json'), 'utf8')) as {
      compilerOptions: { tsConfigPath: string };
    };
    expect(copied).toContain(dirname(nest.compilerOptions.tsConfigPath));
    expect(copied.filter((name) => !ignored.includes(`!${name}`))).toEqual([]);
  });

  it('sets variables that exist, to values that are allowed', () => {
    const environment = tidegate?.environment ?? {};
    const image =
      readFileSync(join(sourceRoot(), '.docker', 'Dockerfile'), 'utf8').match(/TIDEGATE_\w+/g) ?? [];
    const known = new Set([...describeConfig().matchAll(/^(TIDEGATE_\w+)=/gm)].map(([, name]) => name));
    expect([...Object.keys(environment), ...image].filter((name) => !known.has(name))).toEqual([]);
    expect(readConfig(environment).chroma.url).toBe('http://chroma:8000');
  });

  it('asks the health route on the port it listens on', () => {
    const { server } = readConfig(tidegate?.environment);
    const address = `http://127.0.0.1:${String(server.port)}/health/live`;
    expect(tidegate?.healthcheck?.test.join(' ')).toContain(address);
    expect(tidegate?.ports).toEqual([`127.0.0.1:8000:${String(server.port)}`]);
  });
});

describe('what watches it', () => {
  const scrapes = Scrapes.parse(readYaml('grafana', 'prometheus', 'prometheus.yml'));
  const datasources = Datasources.parse(
    readYaml('grafana', 'provisioning', 'datasources', 'prometheus.yaml'),
  );
  const providers = Providers.parse(readYaml('grafana', 'provisioning', 'dashboards', 'tidegate.yaml'));

  it('scrapes the service on its port', () => {
    const { port } = readConfig(tidegate?.environment).server;
    const targets = scrapes.scrape_configs.flatMap((job) => job.static_configs.flatMap((s) => s.targets));
    expect(targets).toEqual([`tidegate:${String(port)}`]);
    expect(scrapes.scrape_configs[0]?.metrics_path).toBe('/metrics');
  });

  it('tells Grafana the address of Prometheus and its scrape interval', () => {
    const [datasource] = datasources.datasources;
    expect(datasource?.url).toBe('http://prometheus:9090');
    expect(datasource?.jsonData.timeInterval).toBe(scrapes.global.scrape_interval);
  });

  it('loads the dashboards from where they are mounted', () => {
    const path = providers.providers[0]?.options.path ?? '';
    expect(compose.services['grafana']?.volumes).toContain(`./grafana/dashboards:${path}:ro`);
  });
});
