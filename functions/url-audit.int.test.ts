import { recordDump } from '@datasens/core/audit/record-dump.ts';
import { recordEvent } from '@datasens/core/audit/record-event.ts';
import { newDump, type TestAudit, testAudit } from '@datasens/testkit/audit.ts';
import { setEnvironment } from '@datasens/testkit/set-environment.ts';
import { requestUrl } from '@datasens/testkit/url-request.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { handler } from './url-audit.ts';

let audit: TestAudit;
const environment = new DisposableStack();

beforeAll(async () => {
  audit = await testAudit();
  environment.use(setEnvironment({ DATABASE_URL: audit.server.url, DATASENS_STORAGE: audit.store.uri }));
  for (const dumpId of [1, 2, 3, 4, 5]) {
    await recordDump(audit, newDump({ dumpId, createdAt: new Date(Date.UTC(2026, 10, dumpId)) }), {
      manifest: { key: `m/${dumpId}`, sha256: 'ab'.repeat(32) },
    });
  }
  for (let n = 0; n < 3; n += 1)
    await recordEvent(audit, { event: 'PROUVE', dumpId: 2, user: 'claire', detail: { n } });
});
afterAll(async () => {
  environment.dispose();
  await audit[Symbol.asyncDispose]();
});

const ask = (path: string) => requestUrl(handler, { path, caller: 'claire' });

/** All pages of a list, by its cursor. */
async function pages(path: string, list: 'dumps' | 'events', of: string): Promise<number[][]> {
  const found: number[][] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { json } = await ask(cursor ? `${path}&cursor=${encodeURIComponent(cursor)}` : path);
    found.push(json[list].map((each: Record<string, number>) => each[of]));
    cursor = json.cursor;
  }
  return found;
}

test('the audit is listed page by page, newest first', async () => {
  expect(await pages('/audit/dumps?limit=2', 'dumps', 'dumpId')).toEqual([[5, 4], [3, 2], [1]]);
  expect(await pages('/audit/dumps?limit=2&since=2026-11-03T00:00:00Z', 'dumps', 'dumpId')).toEqual([[5, 4], [3]]);
  expect(await pages('/audit/dumps?type=IMPORT&limit=2', 'dumps', 'dumpId')).toEqual([[]]);
});

test('the journal is listed page by page, newest first: all of it, or that of a dump', async () => {
  expect(await pages('/audit/events?limit=4', 'events', 'seq')).toEqual([[9, 8, 7, 6], [5, 4, 3, 2], [1]]);
  expect(await pages('/audit/events?dump=2&limit=2', 'events', 'seq')).toEqual([
    [9, 8],
    [7, 3],
  ]);
  const { json } = await ask('/audit/events?dump=2&limit=1');
  expect(json.events[0]).toMatchObject({ event: 'PROUVE', user: 'claire', detail: { n: 2 }, hash: expect.any(String) });
});

test('a page of large events is shorter, and the next one goes on', async () => {
  const detail = { text: 'x'.repeat(60_000) };
  for (let n = 0; n < 80; n += 1) await recordEvent(audit, { event: 'PROUVE', dumpId: 3, detail });
  const found = await pages('/audit/events?dump=3&limit=1000', 'events', 'seq');
  expect(found.length).toBeGreaterThan(1);
  expect(new Set(found.flat()).size).toBe(81);
});

test.for([
  'dumps?type=NONE',
  'dumps?limit=0',
  'dumps?limit=1001',
  'dumps?since=yesterday',
  'dumps?cursor=x',
  'events?cursor=x',
  'events?dump=-1',
  'events?dump=1e3',
])('what is asked amiss is refused: %s', async (query) => {
  expect(await ask(`/audit/${query}`)).toMatchObject({ status: 400, json: { error: { name: 'InvalidInput' } } });
});
