import { AppError } from '../errors.ts';
import { optionOf } from './csv/finding.ts';
import type { InspectInput, Inspection } from './inspection.ts';

const NAMES: Readonly<Record<Inspection['format'], string>> = {
  delimited: 'delimited text',
  json: 'JSON',
  parquet: 'Parquet',
};

/** Throws `InvalidInput` for an option that says nothing of a file of this format: whoever gave it expects otherwise. */
export function refuseOptions(format: Inspection['format'], input: InspectInput): void {
  const { told = {}, recordsPath, nullWords = [], decimal, dateFormat } = input;
  const { encoding, ...dialect } = told;
  const others = {
    delimited: { records: recordsPath },
    json: { ...dialect, decimal },
    parquet: { ...dialect, encoding, decimal, records: recordsPath, dateFormat, null: nullWords[0] },
  }[format];
  const given = Object.entries(others).find(([, value]) => value !== undefined)?.[0];
  if (given === undefined) return;
  throw new AppError(
    'InvalidInput',
    `--${optionOf({ property: given })} says nothing of a file that is ${NAMES[format]}: leave it out`,
  );
}
