import type { JournalEvent } from '../audit/journal-event.ts';
import { parseEvent } from '../audit/parse-event.ts';
import { readTexts } from '../audit/read-texts.ts';
import { TOMBSTONES } from '../catalog/tombstone.ts';
import type { Deps } from '../deps.ts';
import type { Queryable } from '../postgres/database.ts';
import { listPages } from '../storage/list-pages.ts';
import type { Backlog } from './backlog.ts';

/** Tombstones that are held at a time: at 64 KiB at most, as events are. */
const BATCH = 100;

/** Has the backlog take, as `mark`, the events that tombstones hold and T39 does not have. */
export async function readMarks(
  tx: Queryable,
  { store, signal }: Pick<Deps, 'store' | 'signal'>,
  backlog: Backlog,
): Promise<void> {
  for await (const page of listPages(store, TOMBSTONES, { signal })) {
    for (let first = 0; first < page.length; first += BATCH) {
      const keys = page.slice(first, first + BATCH).map(({ key }) => key);
      const marks = [...(await readTexts(store, keys, signal)).values()].flatMap((text) => {
        const mark = parseMark(text);
        return mark ? [{ number: mark.seq, text }] : [];
      });
      // Asked at each batch: the server ends a transaction that it hears nothing of for a minute.
      const { rows } = await tx.query<{ seq: number }>('select seq from t39_dump_evenement where seq = any($1)', [
        marks.map(({ number }) => number),
      ]);
      const known = new Set(rows.map(({ seq }) => seq));
      await backlog.add(
        'mark',
        marks.filter(({ number }) => !known.has(number)),
      );
    }
  }
}

/** The event that a tombstone holds, byte for byte as it was sealed; undefined where it was cut or edited. */
export function parseMark(text: string): JournalEvent | undefined {
  const seq = Number(/"seq":(\d{1,15}),"user":/.exec(text)?.[1] ?? 0);
  const event = parseEvent(seq, text);
  return typeof event === 'string' ? undefined : event;
}
