import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openRetention } from '@datasens/local/step-functions/retention.ts';
import { eventually } from '@datasens/testkit/eventually.ts';
import { manualClock } from '@datasens/testkit/manual-clock.ts';
import { machine, stepFunctionsWorld } from '@datasens/testkit/step-functions-world.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { expect, test } from 'vitest';
import type { RetentionChildInput } from './retention.child.ts';
import { runChild } from './run-child.ts';

test('killed after any step, what it was removing is gone, and the next host removes the rest', async () => {
  await using folder = await temporaryFolder();
  const original = join(folder.path, 'original.sqlite');
  const whole = await stepFunctionsWorld({ path: original });
  const waiting = whole.start(machine({ Wait: { Type: 'Wait', Seconds: 86_400, End: true } }));
  // More than go in one step.
  for (let n = 0; n < 40; n += 1) await whole.run(machine({ Done: { Type: 'Succeed' } }));
  await whole[Symbol.asyncDispose]();

  for (let n = 1; ; n += 1) {
    const path = join(folder.path, `${n}.sqlite`);
    await copyFile(original, path);
    const end = await runChild('retention.child.ts', JSON.stringify({ path, n } satisfies RetentionChildInput), {});
    const clock = manualClock(Date.now() + 1_000);
    await using world = await stepFunctionsWorld({ path, clock });
    const events = 'select count(*) as n from event where execution <> ?';
    // The first step makes all of them disappear, and the last leaves nothing of them.
    expect(world.journal.all(`select name from execution where arn like 'arn:%'`)).toEqual([{ name: waiting.name }]);
    const left = Number(world.journal.get(events, waiting.id)?.n);
    await using _ = openRetention({ journal: world.journal, clock, log: () => undefined }, 0);
    await eventually(() => expect(world.journal.all('select name from execution')).toEqual([{ name: waiting.name }]));
    expect(world.journal.get(events, waiting.id)).toEqual({ n: 0 });
    expect(world.journal.all('select 1 from definition')).toHaveLength(2);
    expect(world.history(waiting)[0]?.type).toBe('ExecutionStarted');
    if (end === 'SIGKILL') continue;
    expect(end).toBe(0);
    expect(left).toBe(0);
    expect(n).toBeGreaterThan(4);
    return;
  }
});
