import { expect, test } from 'vitest';
import { parseToc } from './archive-toc.ts';
import { foreignKeysOut, selectTables, withoutEntries } from './select-entries.ts';

/** A list whose entries are `id: line after the id` with what they depend on. */
const toc = (...entries: [line: string, ...dependsOn: number[]][]) =>
  parseToc(
    entries.map(([line, ...ids]) => `${line}\n${ids.length > 0 ? `;\tdepends on: ${ids.join(' ')}\n` : ''}`).join(''),
  );
const ids = (entries: readonly { id: number }[]) => entries.map(({ id }) => id);
const select = (list: ReturnType<typeof toc>, ...names: string[]) =>
  ids(
    selectTables(
      list,
      names.map((name) => ({ schema: 'public', name })),
    ),
  );

test('a table that is not there, and one whose name is only the beginning of another', () => {
  const list = toc(
    ['1; 0 0 ENCODING - ENCODING '],
    ['2; 1259 1 TABLE public order lines bob'],
    ['3; 1259 2 TABLE s t bob'],
  );
  expect(() => select(list, 'order')).toThrow(expect.objectContaining({ name: 'NotFound' }));
  expect(() => select(list, 't')).toThrow('the archive has no table "public"."t"');
  expect(select(list, 'order lines')).toEqual([2]);
});

test('an owner of several words is found out, unless it could be anything', () => {
  const list = toc(
    ['2; 1259 1 TABLE public order Marie Curie'],
    ['3; 1259 2 TABLE public order lines bob'],
    ['4; 1259 3 TABLE public t bob'],
  );
  expect(select(list, 'order')).toEqual([2]);
  const unclear = toc(['2; 1259 1 TABLE public order Marie Curie'], ['3; 1259 2 TABLE public order lines Marie Curie']);
  expect(() => select(unclear, 'order')).toThrow(
    /2 entries .* "public"\."order": 2; .* Marie Curie and 3; .* Marie Curie/,
  );
  expect(select(unclear, 'order lines')).toEqual([3]);
});

test('two tables that print alike are refused by both names', () => {
  const list = toc(['2; 1259 1 TABLE a b c bob'], ['3; 1259 2 TABLE a b c bob']);
  expect(() => selectTables(list, [{ schema: 'a', name: 'b\nc' }])).toThrow(
    expect.objectContaining({
      name: 'InvalidInput',
      message: expect.stringMatching(/2; 1259 1 TABLE a b c bob and 3; 1259 2 TABLE a b c bob/),
    }),
  );
});

const ORDERS = toc(
  ['1; 1259 1 TABLE public order bob'],
  ['2; 1259 2 TABLE public order lines bob'],
  ['3; 1259 3 VIEW public order view bob', 1],
  ['4; 2606 4 CONSTRAINT public order order_pkey bob', 1],
  ['5; 2606 5 CONSTRAINT public order lines lines_pkey bob', 2],
  ['6; 2618 6 RULE public order view _RETURN bob', 1, 3],
  ['7; 3256 7 POLICY public order lines mine bob', 1, 2],
  ['8; 3256 8 POLICY public order lines bob', 2, 1],
  ['9; 2606 9 FK CONSTRAINT public order lines fk bob', 4, 1, 2],
);

test('what stands on `order lines` or `order view` is not taken for that of `order`, which it refers to', () => {
  // The policy called "lines" is the table's own.
  expect(select(ORDERS, 'order')).toEqual([1, 4, 8]);
  expect(select(ORDERS, 'order lines')).toEqual([2, 5, 7, 9]);
});

test('an index or a statistic over a row type of another table is of the table that comes later', () => {
  const list = toc(
    ['1; 1259 1 TABLE public t bob'],
    ['2; 1259 2 TABLE public u bob', 1],
    ['3; 1259 3 INDEX public i bob', 2, 1],
    ['4; 3381 4 STATISTICS public st bob', 2, 1],
    ['5; 1259 5 MATERIALIZED VIEW public m bob', 1],
    ['6; 1259 6 INDEX public mi bob', 5, 1],
  );
  expect(select(list, 't')).toEqual([1]);
  expect(select(list, 'u')).toEqual([2, 3, 4]);
});

test('a partition and its indexes are attached only together with the parent', () => {
  const family: Parameters<typeof toc> = [
    ['1; 1259 1 TABLE public p bob'],
    ['2; 1259 2 TABLE public p1 bob', 1],
    ['3; 0 0 TABLE ATTACH public p1 bob', 2, 1],
    ['4; 2606 4 CONSTRAINT public p p_pkey bob', 1],
    ['5; 2606 5 CONSTRAINT public p1 p1_pkey bob', 2, 4],
    ['6; 0 0 INDEX ATTACH public p1_pkey bob', 5, 4, 2, 1],
  ];
  expect(select(toc(...family), 'p1')).toEqual([2, 5]);
  expect(select(toc(...family), 'p')).toEqual([1, 4]);
  expect(select(toc(...family), 'p', 'p1')).toEqual([1, 2, 3, 4, 5, 6]);
  // An archive of the partition alone has its attachments, but nothing to attach to.
  expect(select(toc(['2; 1259 2 TABLE public p1 bob'], ['3; 0 0 TABLE ATTACH public p1 bob', 2]), 'p1')).toEqual([2]);
});

test("planner statistics of PostgreSQL 18, of the table, its indexes and its constraints' indexes", () => {
  const list = toc(
    ['1; 1259 1 TABLE public t bob'],
    ['2; 0 0 STATISTICS DATA public t ', 1],
    ['3; 1259 3 INDEX public i bob', 1],
    ['4; 0 0 STATISTICS DATA public i ', 3],
    ['5; 2606 5 CONSTRAINT public t t_pkey bob', 1],
    ['6; 0 0 STATISTICS DATA public t_pkey ', 99, 5],
    ['7; 0 0 SECURITY LABEL public TABLE t bob', 1],
    ['8; 1259 8 TABLE public u bob', 1],
    ['9; 0 0 STATISTICS DATA public u ', 8],
  );
  expect(select(list, 't')).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test('foreign keys to a table outside of the selection, or of the archive', () => {
  const list = toc(
    ['1; 1259 1 TABLE public t bob'],
    ['2; 1259 2 TABLE public u bob'],
    ['3; 2606 3 CONSTRAINT public t t_pkey bob', 1],
    ['4; 2606 4 CONSTRAINT public u u_pkey bob', 2],
    ['5; 2606 5 FK CONSTRAINT public t self bob', 3, 1],
    ['6; 2606 6 FK CONSTRAINT public t to_u bob', 4, 2, 1],
    ['7; 2606 7 FK CONSTRAINT public t to_nowhere bob', 1],
  );
  const pointers = (...names: string[]) =>
    foreignKeysOut(
      selectTables(
        list,
        names.map((name) => ({ schema: 'public', name })),
      ),
      list,
    ).map(({ entry, target }) => [entry.id, target?.id]);
  expect(pointers('t')).toEqual([
    [6, 2],
    [7, undefined],
  ]);
  expect(pointers('t', 'u')).toEqual([[7, undefined]]);
  expect(pointers('u')).toEqual([]);
});

test('schemas and extensions that are there go with their comments and labels; privileges stay', () => {
  const list = toc(
    ['1; 0 0 ENCODING - ENCODING '],
    ['2; 3079 2 EXTENSION - hstore '],
    ['3; 0 0 COMMENT - EXTENSION hstore ', 2],
    ['4; 2615 4 SCHEMA - We ird bob'],
    ['5; 0 0 COMMENT - SCHEMA "We ird" bob', 4],
    ['6; 0 0 ACL - SCHEMA "We ird" bob', 4],
    ['7; 2615 7 SCHEMA - We bob'],
    ['8; 1259 8 TABLE We t bob', 7],
  );
  expect(ids(withoutEntries(list, { schemas: ['We ird', 'none'], extensions: ['hstore'] }))).toEqual([1, 6, 7, 8]);
  expect(ids(withoutEntries(list, { schemas: ['We'] }))).toEqual([1, 2, 3, 4, 5, 6, 8]);
  expect(withoutEntries(list, {})).toEqual(list);
});
