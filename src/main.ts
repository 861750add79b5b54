import { TidegateError } from '../modules/vector/errors.js';
import { startTidegate } from './bootstrap.js';
import { ConfigError, describeConfig, readConfig } from './config.js';

const EXIT_CONFIG = 78;

async function main(): Promise<void> {
  if (process.argv.includes('--print-config')) {
    console.log(describeConfig());
    return;
  }
  const tidegate = await startTidegate(readConfig());
  let stopping = false;
  const stop = () => {
    // A second signal means: now.
    if (stopping) process.exit(1);
    stopping = true;
    tidegate.stop().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

function fail(error: unknown): never {
  if (error instanceof TidegateError) console.error(`${error.message}; ${error.remedy}`);
  else console.error(error instanceof ConfigError ? error.message : error);
  process.exit(error instanceof ConfigError ? EXIT_CONFIG : 1);
}

main().catch(fail);
