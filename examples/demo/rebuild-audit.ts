import type { Datasens } from './command.ts';
import { psql, type Server, urlOf } from './psql.ts';
import { say } from './tell.ts';

/** The audit, back from the bucket alone, in a database of its own beside the one that has it. */
export async function rebuildAudit(datasens: Datasens, server: Server): Promise<void> {
  const database = `audit_${Date.now()}`;
  say('Were the audit database lost: the bucket has all of it. Restore it into a new one.');
  await psql(server, ['--quiet', `--command=create database ${database}`]);
  const env = { AUDIT_DATABASE_URL: urlOf(server, database) };
  await datasens(['catalog', 'rebuild'], { env });

  say('Row by row and event by event it is what it was, certificates included.');
  await datasens(['journal', 'verify'], { env });
  const digests: string[] = [];
  for (const each of [server, { ...server, database }]) digests.push(await psql(each, [...PLAIN, DIGEST]));
  console.log(`\n${digests.join('')}`);
  if (digests[0] !== digests[1]) throw new Error('the audit that was rebuilt differs');
}

const PLAIN = ['--tuples-only', '--no-align'];
const DIGEST =
  '--command=select md5(string_agg(t::text, chr(10) order by t::text)) from (select t38::text from t38_dump_audit t38 union all select t39::text from t39_dump_evenement t39 union all select t40::text from t40_import_registre t40) t';
