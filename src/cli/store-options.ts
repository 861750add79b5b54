import type { StoreAddress } from '../../modules/backup/chroma-collections.service.js';
import { readConfig } from '../config.js';
import { UsageError } from './exit-codes.js';

/** The options of every command that works against a store, for node:util's parseArgs. */
export const STORE_OPTIONS = {
  url: { type: 'string' },
  tenant: { type: 'string', default: 'default_tenant' },
  database: { type: 'string', default: 'default_database' },
  header: { type: 'string', multiple: true, default: [] as string[] },
  help: { type: 'boolean', default: false },
} as const;

export const STORE_OPTIONS_HELP = `\
  --url URL            ChromaDB, or a Tidegate before it; TIDEGATE_URL or http://127.0.0.1:8000
  --tenant NAME        default_tenant
  --database NAME      default_database
  --header 'K: V'      sent with every call, as in 'x-chroma-token: ...'; may be repeated
  --help
`;

interface StoreValues {
  readonly url?: string | undefined;
  readonly tenant: string;
  readonly database: string;
  readonly header: readonly string[];
}

/** @throws UsageError, ConfigError */
export function storeAddress({ url, tenant, database, header }: StoreValues): StoreAddress {
  const given = url ?? readConfig().commandLine.url;
  if (!URL.canParse(given) || !/^https?:/.test(given)) throw new UsageError(`${given} is no http URL`);
  return { url: given, tenant, database, headers: Object.fromEntries(header.map(parseHeader)) };
}

function parseHeader(text: string): readonly [string, string] {
  const colon = text.indexOf(':');
  if (colon <= 0) throw new UsageError(`${JSON.stringify(text)} is no header; 'name: value' is`);
  return [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
}
