import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { setTimeout as sleep } from 'node:timers/promises';
import 'reflect-metadata';
import { ChromaAddress } from '../modules/chroma/chroma-address.service.js';
import { chromaPaths } from '../modules/gateway/chroma-paths.js';
import { Gateway } from '../modules/gateway/gateway.service.js';
import { Readiness } from '../modules/health/readiness.service.js';
import { SnapshotJob } from '../modules/sync/snapshot.job.js';
import { Log } from '../modules/telemetry/log.service.js';
import { ResilienceMetrics } from '../modules/telemetry/resilience-metrics.service.js';
import { AppModule } from './app.module.js';
import type { Config } from './config.js';
import { ConnectionDrain } from './connection-drain.js';
import { httpAdapter, readOperatorsBodies, type ServerLimits } from './http-server.js';

/** How often a stopping server looks for connections that have become idle. */
const IDLE_SWEEP_MS = 50;
/** Time in which a connection in use gets an answer that says that it ends, before any is closed. */
const TURNOVER_MS = 100;

/** A Tidegate that accepts requests. */
export interface RunningTidegate {
  readonly url: string;
  readonly chromaUrl: string;
  /**
   * Is not ready any more, takes snapshots, answers what is in flight, then closes everything, the embedded
   * ChromaDB last.
   */
  stop(): Promise<void>;
}

/**
 * Starts Tidegate: resolves when it listens and, where ChromaDB is embedded, when that answers.
 * @throws TidegateError `embedded-store-impossible` when the embedded ChromaDB cannot run here
 */
export async function startTidegate(config: Config): Promise<RunningTidegate> {
  const options = {
    bodyParser: false,
    logger: ['error', 'fatal'] as ['error', 'fatal'],
    abortOnError: false,
  };
  const drain = new ConnectionDrain();
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.register(config),
    httpAdapter((request, response) => void gateway.handle(request, response), drain, serverLimits(config)),
    options,
  );
  const gateway = app.get(Gateway);
  const metrics = app.get(ResilienceMetrics);
  app.getHttpServer().on('drop', () => {
    metrics.connectionRefused();
  });
  readOperatorsBodies(app, config.gateway.maxBodyBytes);
  serveDocs(app);
  const chroma = app.get(ChromaAddress);
  try {
    await chroma.start();
    await app.listen(config.server.port, config.server.host);
  } catch (error) {
    await app.close();
    throw error;
  }
  const url = await app.getUrl();
  const chromaUrl = chroma.url() ?? '';
  app.get(Log).info('listening', { url, chromaUrl, docs: `${url}/docs` });
  return { url, chromaUrl, stop: () => stop(app, drain, config.server) };
}

/** Requests are answered, and connections taken, until the snapshots are taken. */
async function stop(
  app: NestFastifyApplication,
  drain: ConnectionDrain,
  { preStopMs, shutdownMs }: Config['server'],
): Promise<void> {
  app.get(Log).info('stopping');
  app.get(Readiness).leave();
  drain.begin();
  await Promise.all([sleep(Math.max(preStopMs, TURNOVER_MS)), app.get(SnapshotJob).flush()]);
  await closeWithin(app, shutdownMs);
}

/** A request that its deadline answers comes no further; the server's own bound is for all others. */
function serverLimits({ server, gateway }: Config): ServerLimits {
  const { headersTimeoutMs, maxConnections } = server;
  const requestTimeoutMs = headersTimeoutMs + Math.max(...Object.values(gateway.timeoutMs));
  return { headersTimeoutMs, requestTimeoutMs, maxConnections };
}

/**
 * Lets requests in flight end, but not longer than `boundMs`; a kept connection ends with its last request.
 */
async function closeWithin(app: NestFastifyApplication, boundMs: number): Promise<void> {
  const server = app.getHttpServer();
  const idle = setInterval(() => {
    server.closeIdleConnections();
  }, IDLE_SWEEP_MS);
  const bound = setTimeout(() => {
    server.closeAllConnections();
  }, boundMs);
  await app.close();
  clearInterval(idle);
  clearTimeout(bound);
}

function serveDocs(app: NestFastifyApplication): void {
  const description = new DocumentBuilder()
    .setTitle('Tidegate')
    .setDescription('A hybrid routing vector layer that speaks the v2 API of ChromaDB')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .build();
  SwaggerModule.setup('docs', app, () => {
    const own = SwaggerModule.createDocument(app, description);
    return { ...own, paths: { ...chromaPaths(), ...own.paths } };
  });
}
