import { expect, test } from 'vitest';
import { nameColumns } from './header-names.ts';

const namesOf = (header: readonly string[]) => nameColumns(header, header.length).map(({ name }) => name);

test('names that PostgreSQL takes stay as they are', () => {
  expect(nameColumns(['Nom de l’élève', 'prix (€)', 'select'], 3)).toEqual([
    { name: 'Nom de l’élève', header: 'Nom de l’élève' },
    { name: 'prix (€)', header: 'prix (€)' },
    { name: 'select', header: 'select' },
  ]);
});

test('the others are changed, unique, and told', () => {
  expect(nameColumns(['', ' a ', 'a', 'a\n b', 'column_1'], 5)).toEqual([
    { name: 'column_1', header: '', changed: 'the header has no name here' },
    { name: 'a', header: ' a ', changed: 'white space was put in order' },
    { name: 'a_2', header: 'a', changed: 'another column has this name' },
    { name: 'a b', header: 'a\n b', changed: 'white space was put in order' },
    { name: 'column_1_2', header: 'column_1', changed: 'another column has this name' },
  ]);
});

test('names of more than 63 bytes are cut between characters, and stay apart', () => {
  const long = 'é'.repeat(40);
  const names = namesOf([long, long, 'x'.repeat(63), `${'x'.repeat(63)}y`]);
  expect(names).toEqual(['é'.repeat(31), `${'é'.repeat(30)}_2`, 'x'.repeat(63), `${'x'.repeat(61)}_2`]);
  for (const name of names) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
});

test('a table without header, and a header with too few names, have names all the same', () => {
  expect(nameColumns(undefined, 2)).toEqual([
    { name: 'column_1', header: undefined },
    { name: 'column_2', header: undefined },
  ]);
  expect(nameColumns(['a'], 2)[1]).toMatchObject({ name: 'column_2', changed: 'the header has no name here' });
});
