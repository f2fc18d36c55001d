import type { Change, ChangedTable } from './change.ts';

export type Values = Readonly<Record<string, unknown>>;

/** JSON, or undefined. */
export function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The changes of a table among those of events. What was tampered with is left out: `checkChain` has reported it. */
export function changesOf(texts: readonly string[], table: ChangedTable): Change[] {
  return texts
    .flatMap((text) => parseText(text) as Change[] | undefined)
    .filter((change): change is Change => change?.table === table);
}

/** What a row has that its changes do not make of it; undefined where nothing differs. */
export function differencesOf(row: Values, history: readonly Change[]): string | undefined {
  const recorded: Values = Object.assign({}, ...history.map((change) => change.row));
  const differing = Object.keys(recorded).filter((column) => recorded[column] !== row[column]);
  if (differing.length === 0) return undefined;
  return differing
    .map((column) => `${column} is ${JSON.stringify(row[column])}, recorded was ${JSON.stringify(recorded[column])}`)
    .join('; ');
}
