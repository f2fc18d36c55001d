/**
 * Holds inspection and import against a survey of real files that people annotated, and writes docs/csv-survey.md.
 *
 *     npm run report:csv -- FOLDER
 *
 * FOLDER has `csv/`, `parameters/NAME_parameters.json` and `clean/NAME`, as the survey sample of the Pollock benchmark.
 * The files are not ours to pass on, so the folder is no part of the repository.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { migrateAudit } from '@datasens/core/audit/migrate.ts';
import type { ImportDeps } from '@datasens/core/import/import-request.ts';
import { openDatabase } from '@datasens/core/postgres/pool.ts';
import { openSession } from '@datasens/core/postgres/session.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import { openStore } from '@datasens/core/storage/open-store.ts';
import { embeddedPostgres, stopEmbeddedPostgres } from '@datasens/local/embedded/embedded-postgres.ts';
import { type Judgement, judgeFile } from './csv-survey/judge-file.ts';
import { surveyDocument } from './csv-survey/survey-document.ts';
import { readSurvey } from './csv-survey/survey-file.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined)
  throw new Error('expected a folder with csv/, parameters/ and clean/: npm run report:csv -- FOLDER');
const home = await mkdtemp(join(tmpdir(), 'datasens-survey-'));
const { signal } = new AbortController();
const judgements: Judgement[] = [];
try {
  const { url } = await embeddedPostgres({ home, signal, log: console.error });
  const target = parseDatabaseUrl(url, 'the embedded PostgreSQL');
  await migrateAudit(target);
  await using db = openDatabase(target);
  await using session = await openSession(target, { applicationName: 'survey' });
  const deps: ImportDeps = {
    db,
    store: await openStore(pathToFileURL(join(home, 'bucket')).href, {}),
    now: () => new Date(),
    signal,
    log: () => undefined,
    sources: new Map([['default', target]]),
    toolSearch: {},
  };
  for (const file of await readSurvey(folder)) judgements.push(await judgeFile(file, { deps, session }));
} finally {
  await stopEmbeddedPostgres(home, signal);
  await rm(home, { recursive: true, force: true });
}
const document = resolve(import.meta.dirname, '../docs/csv-survey.md');
await writeFile(document, surveyDocument(judgements));
const silent = judgements.filter(({ outcome }) => outcome === 'silently different');
console.log(`${judgements.length} files, ${silent.length} silently different: ${document}`);
process.exitCode = silent.length === 0 ? 0 : 1;
