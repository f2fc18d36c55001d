import { expect, test } from 'vitest';
import { chooseRoute } from './choose-route.ts';

test('what takes longer than a function may take is a task, by what it does for each byte', () => {
  const GB = 1_000_000_000;
  expect(chooseRoute('dump', 0)).toBe('lambda');
  expect(chooseRoute('dump', 20 * GB)).toBe('lambda');
  expect(chooseRoute('dump', 25 * GB)).toBe('task');
  expect(chooseRoute('restore', 9 * GB)).toBe('lambda');
  expect(chooseRoute('restore', 10 * GB)).toBe('task');
  expect(chooseRoute('import', 7 * GB)).toBe('task');
});
