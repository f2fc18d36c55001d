import { inspectDelimited } from './csv/inspect-delimited.ts';
import type { InspectInput, Inspection } from './inspection.ts';
import { readStart, sampleText } from './source/sample-source.ts';

/**
 * Says what an import would make of a source, as far as its beginning and its end tell: how it is written, its columns
 * and their types, each with the reason, and the rows and rejects of the sample. Throws what `sampleText` and
 * `inferColumns` throw.
 */
export async function inspect({ signal }: { readonly signal: AbortSignal }, input: InspectInput): Promise<Inspection> {
  const { source, told } = input;
  const sample = await sampleText(source, await readStart(source, signal), told?.encoding, signal);
  return inspectDelimited(sample, input);
}
