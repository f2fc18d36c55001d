import { gzipSync } from 'node:zlib';
import { importWorld } from '@datasens/testkit/import-world.ts';
import { describe, expect, test } from 'vitest';
import { quoteIdentifier } from '../postgres/quote.ts';

const told = { headerRows: 1, delimiter: ',', quote: '"', escape: '"' } as const;

describe('a file', () => {
  test('of one row is a table of one row; of 0 bytes, of blank lines and of too many columns it is refused', async () => {
    await using world = await importWorld();
    expect(await world.load('a,b\n1,x', { told })).toMatchObject({ rowsRead: 1, rowsInserted: 1 });
    expect(await world.target.sql('select a::int, b from t')).toEqual([{ a: 1, b: 'x' }]);
    for (const content of ['', '\n\n\n']) {
      await expect(world.load(content, { table: 'u' })).rejects.toThrow('there is nothing to import');
    }
    const wide = (columns: number) => {
      const all = Array.from({ length: columns }, (_, n) => n);
      return `${all.map((n) => `c${n}`).join(',')}\n${all.map(() => 'x').join(',')}\n`;
    };
    await expect(world.load(wide(2_000), { table: 'u', told })).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringMatching(/"u" would have 2000 columns, .* 1600/),
    });
    await expect(world.load(wide(1_600), { told, evolve: true })).rejects.toThrow('1602 columns');
    expect(await world.load(wide(1_500), { table: 'u', told })).toMatchObject({ rowsInserted: 1, path: 'fast' });
    expect(await world.target.sql('select c0, c1499 from u')).toEqual([{ c0: 'x', c1499: 'x' }]);
  });

  test('with a value of 100 MB is loaded by COPY; row by row there is a limit, which is told', async () => {
    await using world = await importWorld();
    const rows = Array.from({ length: 50 }, (_, n) => `${n},"row ${n}"\n`).join('');
    const content = Buffer.concat([
      Buffer.from(`a,b\n${rows}50,"`),
      Buffer.alloc(100 * 1024 * 1024, 'x'),
      Buffer.from('"\n51,y\n'),
    ]);
    expect(await world.load(content, { told })).toMatchObject({ path: 'fast', rowsRead: 52, rowsRejected: 0 });
    expect(await world.target.sql('select a::int, length(b) as length from t where a >= 50 order by a')).toEqual([
      { a: 50, length: 104_857_600 },
      { a: 51, length: 1 },
    ]);
    await expect(world.load(content, { told, table: 'u', nullWords: ['NA'] })).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringMatching(/^line 52 is longer than 16777216 bytes/),
    });
    expect(await world.target.sql(`select to_regclass('u') as u`)).toEqual([{ u: null }]);
  });

  test('that is really something else is refused by its name, and gzip is unpacked', async () => {
    await using world = await importWorld();
    for (const [content, name] of [
      ['PAR1\x15\x04\x15\x00PAR1', 'Parquet file'],
      ['<!DOCTYPE html>\n<html><body><p>Please, sign in</p></body></html>\n', 'an HTML page'],
    ] as const) {
      for (const bytes of [Buffer.from(content), gzipSync(content)]) {
        await expect(world.load(bytes)).rejects.toMatchObject({
          name: 'InvalidInput',
          message: expect.stringContaining(name),
        });
      }
    }
    expect(await world.target.sql(`select to_regclass('t') as t`)).toEqual([{ t: null }]);
    expect(await world.load(gzipSync('a,b\n1,x\n'), { told })).toMatchObject({ rowsInserted: 1 });
  });

  test('that is a compression bomb ends the import, and nothing of it stays', async () => {
    await using world = await importWorld();
    const row = `1,${'x'.repeat(100_000)}\n`;
    await expect(world.load(gzipSync(`a,b\n${row.repeat(1_000)}`), { told })).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringContaining('a compression bomb'),
    });
    expect(await world.target.sql(`select to_regclass('t') as t`)).toEqual([{ t: null }]);
  });
});

describe('text that means something elsewhere is text', () => {
  test.for(['fast', 'tolerant'] as const)('in cells, formulas of a spreadsheet among them: %s', async (path) => {
    await using world = await importWorld();
    const cells = ['=1+1', '+33 1 23 45', '-2+3', '@SUM(A1:A9)', '=HYPERLINK("http://x.example")', "'=1", '\t=1'];
    const content = `id,cell\n${cells.map((cell, n) => `${n},"${cell.replaceAll('"', '""')}"\n`).join('')}`;
    const nullWords = path === 'fast' ? [] : ['NA'];
    expect(await world.load(content, { told, nullWords })).toMatchObject({ path, rowsRejected: 0 });
    expect(
      (await world.target.sql<{ cell: string }>('select cell from t order by id')).map(({ cell }) => cell),
    ).toEqual(cells);
  });

  test('in names of tables and columns, quotes and statements among them', async () => {
    await using world = await importWorld();
    await world.target.sql('create table victim (a int)');
    const name = 'x"; drop table victim; --';
    const table = quoteIdentifier(name);
    const content = (header: string, value: number) => `"${header.replaceAll('"', '""')}",b\n${value},x\n`;
    const read = () => world.target.sql(`select ${table}::int as id, b from ${table} order by 1`);

    const request = { table, told } as const;
    expect(await world.load(content(name, 1), request)).toMatchObject({ path: 'fast', columns: [{ name }, {}] });
    await world.load(content(name, 2), { ...request, nullWords: ['NA'] });
    expect(await read()).toEqual([
      { id: 1, b: 'x' },
      { id: 2, b: 'x' },
    ]);
    await world.load(content(name, 3), { ...request, ifExists: 'replace' });
    await world.load(content(`${name}2`, 4), { ...request, evolve: true });
    await world.target.sql(`alter table ${table} add unique (${table})`);
    await world.load(content(name, 3).replace('3,x', '3,y'), { ...request, ifExists: 'upsert', key: [name] });
    expect(await read()).toEqual([
      { id: 3, b: 'y' },
      { id: null, b: 'x' },
    ]);
    expect(await world.target.sql('select * from victim')).toEqual([]);
    await expect(world.load(content('a', 1), { table: 'é'.repeat(32), told })).rejects.toThrow(/64 bytes, .* 63/);
  });
});
