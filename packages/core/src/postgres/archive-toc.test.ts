import { expect, test } from 'vitest';
import { countLocks, formatToc, parseToc } from './archive-toc.ts';

const LISTING = `;
; Archive created at 2026-11-22 18:17:29 UTC
;     dbname: a
;
; Selected TOC Entries:
;
3514; 0 0 ENCODING - ENCODING 
219; 1259 16395 TABLE public t postgres
;	depends on: 5
3522; 0 0 ACL public COLUMN t.id postgres
;	depends on: 219 3521
3491; 0 16395 TABLE DATA public t postgres
;	depends on: 219
`;

test('an entry has its id, kind, name, line, and what it depends on', () => {
  expect(parseToc(LISTING)).toEqual([
    { id: 3514, kind: 'ENCODING', name: '- ENCODING ', line: '3514; 0 0 ENCODING - ENCODING ', dependsOn: [] },
    {
      id: 219,
      kind: 'TABLE',
      name: 'public t postgres',
      line: '219; 1259 16395 TABLE public t postgres',
      dependsOn: [5],
    },
    expect.objectContaining({ id: 3522, kind: 'ACL', dependsOn: [219, 3521] }),
    expect.objectContaining({ id: 3491, kind: 'TABLE DATA', name: 'public t postgres', dependsOn: [219] }),
  ]);
});

test('the list for pg_restore is the lines as they were, in their order', () => {
  expect(formatToc(parseToc(LISTING)).split('\n')).toEqual([...LISTING.split('\n').filter((l) => /^\d/.test(l)), '']);
  expect(formatToc([])).toBe('');
});

test.for([
  // Schemas that are called as kinds go on.
  ['1; 1259 16395 TABLE DATA t postgres', 'TABLE', 'DATA t postgres'],
  ['1; 1259 16395 INDEX ATTACH i postgres', 'INDEX', 'ATTACH i postgres'],
  ['1; 1259 16395 SEQUENCE SET s postgres', 'SEQUENCE', 'SET s postgres'],
  ['1; 3381 16395 STATISTICS DATA s postgres', 'STATISTICS', 'DATA s postgres'],
  ['1; 2604 16395 DEFAULT ACL t id postgres', 'DEFAULT', 'ACL t id postgres'],
  // And those that do.
  ['1; 0 0 SEQUENCE OWNED BY public s postgres', 'SEQUENCE OWNED BY', 'public s postgres'],
  ['1; 826 16561 DEFAULT ACL public DEFAULT PRIVILEGES FOR TABLES bob', 'DEFAULT ACL'],
  ['1; 2606 16410 FK CONSTRAINT public t t_p_fkey postgres', 'FK CONSTRAINT'],
  ['1; 2606 16410 CONSTRAINT public t t_pkey postgres', 'CONSTRAINT'],
  ['1; 6237 16509 PUBLICATION TABLES IN SCHEMA public pbs public postgres', 'PUBLICATION TABLES IN SCHEMA'],
  ['1; 3603 3604 TEXT SEARCH CONFIGURATION public c postgres', 'TEXT SEARCH CONFIGURATION'],
  ['1; 2613 16544 BLOB METADATA - 16544..16546 postgres', 'BLOB METADATA', '- 16544..16546 postgres'],
  ['1; 0 0 STATISTICS DATA public t ', 'STATISTICS DATA', 'public t '],
  // Line separators of others than C.
  ['1; 1259 16395 TABLE public t\u2028\u0085\v t postgres', 'TABLE', 'public t\u2028\u0085\v t postgres'],
])('%s', ([line = '', kind, name]) => {
  expect(parseToc(`${line}\n`)).toMatchObject([{ kind, line, ...(name ? { name } : {}) }]);
});

test('what is no list is refused', () => {
  expect(() => parseToc('TABLE public t')).toThrow(/printed "TABLE public t", which is no entry/);
});

const lines = (...texts: string[]) => parseToc(texts.map((text, n) => `${n + 1}; ${text}\n`).join(''));

test('large objects count one by one, whatever they are listed as', () => {
  expect(countLocks(lines('2613 7 BLOB - 7 postgres', '2613 8 BLOB - 8 postgres', '0 0 BLOBS - BLOBS '))).toBe(2);
  expect(countLocks(lines('2613 7 BLOB METADATA - 7 postgres', '0 0 BLOBS - 7 postgres'))).toBe(1);
  expect(countLocks(lines('2613 7 BLOB METADATA - 7..16 postgres', '0 0 BLOBS - 7..16 postgres'))).toBe(10);
  // Ids may have gaps; an entry holds a thousand at most.
  expect(countLocks(lines('2613 7 BLOB METADATA - 7..4000000 postgres'))).toBe(1000);
});
