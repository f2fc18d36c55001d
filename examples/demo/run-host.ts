import { setTimeout as delay } from 'node:timers/promises';
import type { BlobStore } from '@datasens/core/storage/blob-store.ts';
import { type Datasens, startHost } from './command.ts';
import { describeStep } from './describe-step.ts';
import { psql, type Server } from './psql.ts';
import { say } from './tell.ts';

interface Hosting {
  readonly store: BlobStore;
  readonly server: Server;
  readonly home: string;
  readonly settings: Readonly<Record<string, string>>;
  /** Tells this run of the demo from others. */
  readonly id: string;
}

/** A host that imports what is dropped, has a file for Gold wait for another person, and is asked by HTTP. */
export async function runHost(datasens: Datasens, { store, server, home, settings, id }: Hosting): Promise<void> {
  say('Leave it to a host: files that are dropped into the inbox are imported. Whoever asks it by HTTP has a token.');
  const token = (await datasens(['token', 'create', `demo-${id}`])).trim();
  await describeStep(home);
  await using host = await startHost(home, settings);
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(host.url + path, { ...init, headers: { authorization: `Bearer ${token}` } });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return await response.text();
  };
  const drop = async (table: string) => {
    const key = `inbox/${table}/arrivals-${id}.csv`;
    console.log(`\n(${key} is dropped)`);
    await store.put(key, [Buffer.from(`arrival,station\n${id},Lyon-Bron\n${id},Brest-Guipavas\n`)]);
    // A bucket would tell of it, by a webhook.
    await ask('/events/bucket', { method: 'POST' });
  };

  await drop('public.arrival');
  const audit = '/audit/dumps?type=IMPORT&table=public.arrival&limit=1';
  const row = await until(async () => {
    const answer = await ask(audit);
    return answer.includes(`arrivals-${id}.csv`) ? answer : undefined;
  });
  console.log(`\n$ curl -H "Authorization: Bearer $TOKEN" "$HOST${audit}"\n${row}`);

  say('A file for Gold waits until another person than who brought it has approved it.');
  await psql(server, ['--quiet', '--command=create schema if not exists gold']);
  await drop('gold.arrival');
  const approvalId = await until(async () => {
    const { approvals } = JSON.parse(await datasens(['approvals', '--json'], { quiet: true }));
    return (approvals as readonly { approvalId: number }[])[0]?.approvalId;
  });
  await datasens(['approvals']);
  await datasens(['approve', String(approvalId), '--comment', 'checked']);
  await until(async () => (await ask('/audit/dumps?type=IMPORT&table=gold.arrival')).includes(id) || undefined);
  await datasens(['audit', '--table', 'gold.arrival', '--limit', '1']);

  say('A step changes a table, under a dump of it: this one fails half done, and the table is as it was.');
  const input = JSON.stringify({ step: 'anonymise' });
  await datasens(['run', 'guarded-step', '--input', input], { expect: 1 });
  console.log('(exit status 1)');
  await datasens(['token', 'revoke', `demo-${id}`], { quiet: true });
}

/** What `look` finds, as soon as it does. */
async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + 120_000; Date.now() < end; await delay(200)) {
    const found = await look();
    if (found !== undefined) return found;
  }
  throw new Error('the host did not do in two minutes what it was to do');
}
