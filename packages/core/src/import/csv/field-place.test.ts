import { expect, test } from 'vitest';
import { BARE, NULL, placeList, QUOTED } from './field-place.ts';

test('places are kept for as many fields as a record may have', () => {
  const places = placeList(2);
  expect(places.open()).toBe(0);
  places.add(BARE, 0, 1);
  places.add(QUOTED, 3, 5);
  places.add(BARE, 7, 9);
  const second = places.open();
  expect(second).toBe(6);
  places.add(NULL, 10, 10);
  expect([...places.copy()]).toEqual([BARE, 0, 1, QUOTED, 3, 5, NULL, 10, 10]);
  places.cut(second);
  places.open();
  for (let at = 0; at < 1_000; at += 1) places.add(BARE, at, at);
  expect(places.copy()).toHaveLength(12);
});

test('places of many records are kept', () => {
  const places = placeList(3);
  for (let record = 0; record < 1_000; record += 1) {
    places.open();
    for (let field = 0; field < 3; field += 1) places.add(BARE, record, field);
  }
  const copy = places.copy();
  expect(copy).toHaveLength(9_000);
  expect([...copy.slice(-3)]).toEqual([BARE, 999, 2]);
});
