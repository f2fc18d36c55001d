import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { datasens } from '@datasens/testkit/cli.ts';
import { embeddedHome } from '@datasens/testkit/embedded-home.ts';
import { expect, test } from 'vitest';
import { pythonWith } from '../../scripts/python.ts';

const PROGRAM = join(import.meta.dirname, 'read-catalogue.py');
const SAMPLE = join(import.meta.dirname, '../../examples/datasens/releves-octobre.csv');

test('DuckDB and pandas read the catalogue as it is, and find what the audit lists', async () => {
  await using home = await embeddedHome();
  const env = { DATASENS_HOME: home.path };
  for (const args of [
    ['import', SAMPLE, '--table', 'releve'],
    ['dump', '--comment', 'avant « l’été »'],
    ['dump', '--table', 'releve', '--expires', '90d'],
    ['hold', '2'],
  ]) {
    expect(await datasens(args, env)).toMatchObject({ code: 0 });
  }
  const { json } = await datasens(['audit', '--json'], env);
  const python = await pythonWith('catalogue-readers', ['duckdb==2.0.1', 'pandas==3.1.1']);
  const { stdout } = await promisify(execFile)(python, [PROGRAM, join(home.path, 'bucket/catalog')]);
  const { duckdb, pandas, types } = JSON.parse(stdout);

  const listed = json.dumps.map(({ dumpId, type, comment, sha256, status }: Record<string, unknown>) => ({
    dumpId,
    type,
    comment,
    sha256,
    status,
  }));
  expect(listed).toHaveLength(3);
  expect(duckdb).toEqual(listed.toSorted((a: { dumpId: number }, b: { dumpId: number }) => a.dumpId - b.dumpId));
  expect(pandas).toEqual(duckdb);
  expect(types).toMatchObject({
    dumpId: 'BIGINT',
    sizeBytes: 'BIGINT',
    createdAt: 'TIMESTAMP WITH TIME ZONE',
    held: 'BOOLEAN',
  });
});
