import type { JournalEvent } from '../audit/journal-event.ts';
import { parseEvent } from '../audit/parse-event.ts';
import { readTexts } from '../audit/read-texts.ts';
import { TOMBSTONES } from '../catalog/tombstone.ts';
import type { Deps } from '../deps.ts';
import type { Queryable } from '../postgres/database.ts';
import { listPages } from '../storage/list-pages.ts';

/** The events among `lost` that a tombstone holds. */
export async function readMarks(
  tx: Queryable,
  { store, signal }: Pick<Deps, 'store' | 'signal'>,
  lost: ReadonlySet<number>,
): Promise<Map<number, JournalEvent>> {
  const marks = new Map<number, JournalEvent>();
  for await (const page of listPages(store, TOMBSTONES, { signal })) {
    const texts = await readTexts(
      store,
      page.map(({ key }) => key),
      signal,
    );
    for (const text of texts.values()) {
      const mark = parseMark(text);
      if (mark && lost.has(mark.seq)) marks.set(mark.seq, mark);
    }
    // The server ends a transaction that it hears nothing of for a minute.
    await tx.query('select 1');
  }
  return marks;
}

/** The event that a tombstone holds, byte for byte as it was sealed; undefined where it was cut or edited. */
export function parseMark(text: string): JournalEvent | undefined {
  const seq = Number(/"seq":(\d{1,15}),"user":/.exec(text)?.[1] ?? 0);
  const event = parseEvent(seq, text);
  return typeof event === 'string' ? undefined : event;
}
