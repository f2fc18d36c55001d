import { userInfo } from 'node:os';
import { findStep } from '@datasens/core/audit/guarded-step.ts';
import { datasens } from '@datasens/testkit/cli.ts';
import { guardWorld } from '@datasens/testkit/guard-world.ts';
import { expect, test } from 'vitest';

test('what is under way is listed, and ended by hand with a reason', async () => {
  await using world = await guardWorld();
  const { audit, target } = world;
  const environment = { DATABASE_URL: target.url, AUDIT_DATABASE_URL: audit.server.url, ...audit.storage.env };
  const run = (...args: string[]) => datasens(['steps', ...args], environment);
  expect(await run()).toMatchObject({ code: 0, stdout: 'no step is under way\n' });

  const { lease, target: where, until } = await world.begin('enrich-1');
  const dumpId = await world.dump();
  await world.fail('enrich-1', lease, dumpId);
  const { json } = await run('--json');
  const [step] = (json as { steps: { begunAt: string; until: string }[] }).steps;
  expect(json).toMatchObject({
    steps: [
      {
        lease,
        step: 'enrich',
        execution: 'enrich-1',
        user: 'paul',
        calls: { kind: 'function', name: 'etl' },
        tables: ['"public"."t"'],
        underWay: true,
        owed: { dumpId, automatic: true, error: 'ModelError' },
      },
    ],
  });
  expect((step?.until ?? '') > until).toBe(true);
  expect((await run()).stdout).toBe(`step enrich: function etl
  begun    by paul (execution enrich-1) at ${step?.begunAt}
  tables   "public"."t" of ${where}
  until    ${step?.until}
  failed   by ModelError; its tables are to be restored from dump ${dumpId}
`);

  expect(await run('--release', 'enrich-1', '--json')).toMatchObject({ json: { error: { name: 'InvalidInput' } } });
  expect(await run('--release', 'enrich-1', '--comment', 'mended')).toMatchObject({
    code: 0,
    stdout: 'the step enrich of enrich-1 has its tables no more: "public"."t"\n',
  });
  const ended = { outcome: 'released', user: userInfo().username, comment: 'mended' };
  expect(await findStep(world.deps.db, lease)).toMatchObject({ ended });
  expect(await run('--release', 'enrich-1', '--comment', 'mended', '--json')).toMatchObject({
    code: 1,
    json: { error: { name: 'NotFound' } },
  });
});
