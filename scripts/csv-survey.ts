/**
 * Holds the sniffer and the reader against a survey of real files that people annotated, and writes docs/csv-survey.md.
 *
 *     npm run report:csv -- FOLDER
 *
 * FOLDER has `csv/`, `parameters/NAME_parameters.json` and `clean/NAME`, as the survey sample of the Pollock benchmark.
 * The files are not ours to pass on, so the folder is no part of the repository.
 */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { judgeFile } from './csv-survey/judge-file.ts';
import { surveyDocument } from './csv-survey/survey-document.ts';
import { readSurvey } from './csv-survey/survey-file.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined)
  throw new Error('expected a folder with csv/, parameters/ and clean/: npm run report:csv -- FOLDER');
const judgements = await Array.fromAsync(await readSurvey(folder), judgeFile);
const document = resolve(import.meta.dirname, '../docs/csv-survey.md');
await writeFile(document, surveyDocument(judgements));
const silent = judgements.filter(({ outcome }) => outcome === 'silently different');
console.log(`${judgements.length} files, ${silent.length} silently different: ${document}`);
process.exitCode = silent.length === 0 ? 0 : 1;
