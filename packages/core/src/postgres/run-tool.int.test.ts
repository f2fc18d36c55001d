import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { until } from '@datasens/testkit/eventually.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { wrapTools } from '@datasens/testkit/wrapped-tools.ts';
import { expect, test } from 'vitest';
import { listClientTools } from './client-tools.ts';
import { startTool } from './run-tool.ts';

const signal = new AbortController().signal;

test('output that is read only after the tool has left is still all there', async () => {
  await using folder = await temporaryFolder();
  const marker = join(folder.path, 'pid');
  await using wrapped = await wrapTools({ psql: `echo $$ > ${marker}; echo "some output"` });
  const [tools] = await listClientTools(wrapped);
  if (!tools) throw new Error('no tools');
  const tool = startTool(tools, 'psql', { args: [], env: {}, signal });
  await until(() =>
    access(marker).then(
      () => true,
      () => false,
    ),
  );
  const pid = Number(await readFile(marker, 'utf8'));
  // Gone for the system, and so for Node: its exit was collected.
  await until(() => !isThere(pid));
  expect((await buffer(tool.stdout)).toString()).toBe('some output\n');
  expect(await tool.exited).toEqual([]);
});

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
