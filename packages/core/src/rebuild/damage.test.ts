import { expect, test } from 'vitest';
import { damageList } from './damage.ts';

/** Of events that are lost, in the order in which a journal is read. */
function lost(...seqs: readonly number[]) {
  const damage = damageList();
  for (const seq of seqs) damage.add({ seq, key: `${seq}`, because: 'is missing' });
  return damage;
}

const down = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, index) => from - index);

test('events that are lost in a row are one range, before the head and behind it', () => {
  const damage = lost(...down(100_008, 9), 5, 4, 2, 100_009, 100_010, 100_012);
  expect(damage.lostCount()).toBe(100_006);
  expect(damage.ranges()).toEqual([
    [2, 2],
    [4, 5],
    [9, 100_010],
    [100_012, 100_012],
  ]);
});

test('of many ranges the first are told, and all are counted', () => {
  const damage = lost(...down(200, 1).map((n) => n * 2), 401, 402, 500);
  expect(damage.lostCount()).toBe(203);
  expect(damage.ranges()).toEqual(
    down(20, 1)
      .reverse()
      .map((n) => [n * 2, n * 2]),
  );
  expect(damage.report().count).toBe(203);
  expect(damage.report().places.map(({ seq }) => seq)).toEqual(
    down(20, 1)
      .reverse()
      .map((n) => n * 2),
  );
});

test('what is no event is told first, and no event is lost with it', () => {
  const damage = lost(3);
  damage.add({ seq: null, key: 'journal/head.json', because: 'is missing' });
  expect(damage.report().places.map(({ key }) => key)).toEqual(['journal/head.json', '3']);
  expect(damage.lostCount()).toBe(1);
});
