import { type ClientTools, listClientTools } from '@datasens/core/postgres/client-tools.ts';

let found: Promise<ClientTools> | undefined;

/** The newest client tools of this machine, or those of `PG_BIN_DIR`. */
export function installedTools(): Promise<ClientTools> {
  found ??= newest();
  return found;
}

async function newest(): Promise<ClientTools> {
  const [tools] = await listClientTools({ binDir: process.env.PG_BIN_DIR });
  if (!tools) throw new Error('no client tools of PostgreSQL on this machine');
  return tools;
}
