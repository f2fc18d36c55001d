import { importWorld } from '@datasens/testkit/import-world.ts';
import { expect, test } from 'vitest';

const PARQUET = `${import.meta.dirname}/../../../../examples/datasens/releves-decembre.parquet`;

/** The rows of that file, by hand. */
const CSV = `station,jour,température,commentaire
Lyon-Bron,2026-12-01,3.50,Givre
Brest-Guipavas,2026-12-01,9.25,"Coup de vent,
« comme d’habitude »"
Nice-Côte d’Azur,2026-12-01,13.00,
Lille-Lesquin,2026-12-01,,Capteur en panne
`;

test('a Parquet file and a CSV of the same rows become equal tables', async () => {
  await using world = await importWorld();
  const told = { delimiter: ',', quote: '"', escape: '"', headerRows: 1 } as const;
  const ofCsv = await world.load(CSV, { told, table: 'of_csv' });
  const ofParquet = await world.loadFile(PARQUET, { table: 'of_parquet' });
  expect(ofParquet).toMatchObject({ path: 'fast', rowsInserted: 4 });
  expect(ofParquet.columns.map(({ name }) => name)).toEqual(ofCsv.columns.map(({ name }) => name));
  const texts = (table: string) =>
    world.target.sql(
      `select array(select coalesce(value, '<null>') from jsonb_each_text(to_jsonb(${table})) order by key) as texts
         from ${table} order by 1`,
    );
  const rows = await texts('of_parquet');
  expect(rows).toHaveLength(4);
  expect(rows).toEqual(await texts('of_csv'));
});
