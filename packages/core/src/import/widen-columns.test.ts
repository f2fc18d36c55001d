import { memorySource } from '@datasens/testkit/parquet/memory-source.ts';
import { expect, test } from 'vitest';
import type { LoadColumn } from './plan-import.ts';
import { widenColumns } from './widen-columns.ts';

test('a declared type that a value breaks is text without another look at the file', async () => {
  const declared: LoadColumn = {
    name: 't',
    header: 't',
    type: 'timestamp',
    sqlType: 'timestamp(3)',
    added: true,
    inferred: false,
  };
  const source = memorySource(Buffer.from('t'));
  const never = async () => {
    throw new Error('the file was read again');
  };
  const reading = { columns: [], named: true, decimal: '.', warnings: [], openRows: never } as never;
  const deps = { signal: new AbortController().signal };
  const columns = await widenColumns({ deps, source, reading }, [declared, { ...declared, name: 'u' }], 0);
  expect(columns).toMatchObject([
    { name: 't', type: 'text', sqlType: 'text', widenedFrom: 'timestamp' },
    { name: 'u', type: 'timestamp', sqlType: 'timestamp(3)' },
  ]);
});
