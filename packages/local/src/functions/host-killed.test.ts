import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { allGone, openGate, TEST_FUNCTIONS } from '@datasens/testkit/functions-world.ts';
import { test } from 'vitest';

const functions = import.meta.resolve('./functions.ts');

test('functions end with a host that is killed, whatever they do, with what they have started', async () => {
  await using gate = await openGate();
  const program = `
    import { openFunctions } from ${JSON.stringify(functions)};
    const options = { folders: [${JSON.stringify(TEST_FUNCTIONS)}], environment: process.env, log: console.error };
    const { invoke } = openFunctions(options);
    const hold = (call, blocking) => {
      const event = { folder: ${JSON.stringify(gate.folder)}, call, blocking, withChild: true };
      return invoke('gate', event, new AbortController().signal);
    };
    await Promise.all([hold('waits', false), hold('computes', true)]);`;
  const host = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 2, 2] });
  const pids = [...(await gate.pids('waits')), ...(await gate.pids('computes'))];
  host.kill('SIGKILL');
  await once(host, 'exit');
  await allGone(pids);
});
