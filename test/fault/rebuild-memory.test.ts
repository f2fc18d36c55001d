import { canonicalJson } from '@datasens/core/audit/canonical-json.ts';
import { eventText, MAX_EVENT_BYTES, sealEvent } from '@datasens/core/audit/journal-event.ts';
import { eventKey, HEAD_KEY } from '@datasens/core/audit/journal-store.ts';
import { mirrorJournal } from '@datasens/core/audit/mirror-journal.ts';
import { verifyJournal } from '@datasens/core/audit/verify-journal.ts';
import { type TestAudit, testAudit } from '@datasens/testkit/audit.ts';
import { afterLoss } from '@datasens/testkit/audit-story.ts';
import { expect, test } from 'vitest';
import type { RebuildChildInput } from './rebuild.child.ts';
import { runChild } from './run-child.ts';

const EVENTS = 600;

/** A bucket whose journal goes on with events of about the largest size that there is, each of which stands under `keyOf`. */
async function largeEvents(keyOf: (seq: number) => string): Promise<TestAudit> {
  const lost = await testAudit();
  let { head } = await mirrorJournal(lost);
  const detail = { note: 'x'.repeat(MAX_EVENT_BYTES - 1_024) };
  for (let n = 0; n < EVENTS; n += 1) {
    const event = sealEvent({
      format: 1,
      seq: head.seq + 1,
      event: 'VERIFIE',
      dumpId: null,
      at: '2026-11-27T10:00:00Z',
      user: 'claire',
      detail,
      changes: [],
      previousHash: head.hash,
    });
    await lost.storage.outside.write(keyOf(event.seq), eventText(event));
    head = { ...head, seq: event.seq, hash: event.hash };
  }
  await lost.storage.outside.write(HEAD_KEY, canonicalJson(head));
  return lost;
}

// What is held at a time is some sixty of them; all of them are as much as the process has.
test.for([
  ['a journal of the largest events', eventKey],
  ['a journal that is lost, of which tombstones hold as large events,', (seq: number) => `tombstones/${seq}.json`],
] as const)('%s is restored by a process of little memory', async ([, keyOf]) => {
  await using lost = await largeEvents(keyOf);
  await using audit = await afterLoss(lost);
  const input: RebuildChildInput = { url: audit.server.url, despiteDamage: false, n: 0 };
  const env = { ...audit.storage.env, NODE_OPTIONS: '--max-old-space-size=40 --max-semi-space-size=2' };
  expect(await runChild('rebuild.child.ts', JSON.stringify(input), env)).toBe(0);
  expect(await verifyJournal(audit)).toMatchObject({ ok: true, events: EVENTS + 1 });
});
