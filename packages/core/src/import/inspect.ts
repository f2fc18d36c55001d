import { inspectDelimited } from './csv/inspect-delimited.ts';
import type { InspectInput, Inspection } from './inspection.ts';
import { detectJson } from './json/detect-json.ts';
import { inspectJson } from './json/inspect-json.ts';
import { parsePath } from './json/json-shape.ts';
import { isParquet } from './parquet/is-parquet.ts';
import { refuseOptions } from './refuse-options.ts';
import { readStart, type SourceStart, sampleText } from './source/sample-source.ts';

/**
 * Says what an import would make of a source, as far as its beginning and its end tell: how it is written, its columns
 * and their types, each with the reason, and the rows and rejects of the sample. Throws what `sampleText`,
 * `inspectParquet` and `inferColumns` throw.
 */
export async function inspect({ signal }: { readonly signal: AbortSignal }, input: InspectInput): Promise<Inspection> {
  const start = await readStart(input.source, signal);
  const inspection = await inspectFormat(start, input, signal);
  return start.sha256 === undefined ? inspection : { ...inspection, sha256: start.sha256 };
}

async function inspectFormat(start: SourceStart, input: InspectInput, signal: AbortSignal): Promise<Inspection> {
  const { source, told, recordsPath } = input;
  if (isParquet(start)) {
    refuseOptions('parquet', input);
    // With its decoders it is more code than all the rest.
    const { inspectParquet } = await import('./parquet/inspect-parquet.ts');
    return inspectParquet(input, signal);
  }
  const sample = await sampleText(source, start, told?.encoding, signal);
  const json = detectJson(
    { ...sample, uri: source.uri },
    recordsPath === undefined ? undefined : parsePath(recordsPath),
  );
  refuseOptions(json === undefined ? 'delimited' : 'json', input);
  return json === undefined ? inspectDelimited(sample, input) : inspectJson(sample, json, input);
}
