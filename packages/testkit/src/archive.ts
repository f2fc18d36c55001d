import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { toolPath } from '@datasens/core/postgres/client-tools.ts';
import { installedTools } from './installed-tools.ts';

/** The SQL that restores an archive, as pg_restore writes it. */
export async function archiveScript(archive: Buffer): Promise<string> {
  const tools = await installedTools();
  const running = promisify(execFile)(toolPath(tools, 'pg_restore'), ['--file=-'], { maxBuffer: 512 * 1024 * 1024 });
  running.child.stdin?.on('error', () => undefined).end(archive);
  return (await running).stdout;
}

/** The lines that the script loads into a table, whose name is given as the script has it. */
export function copiedRows(script: string, table: string): string[] {
  const start = script.indexOf(`\nCOPY ${table} (`);
  if (start < 0) throw new Error(`the script has no COPY into ${table}`);
  const body = script.slice(script.indexOf('\n', start + 1) + 1);
  return body.slice(0, body.indexOf('\\.\n')).split('\n').slice(0, -1);
}
