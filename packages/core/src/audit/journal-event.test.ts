import { expect, test } from 'vitest';
import { canonicalJson } from './canonical-json.ts';
import { sealEvent } from './journal-event.ts';

test('an event has the hash that another language computes from docs/journal.md', () => {
  const { hash } = sealEvent({
    user: 'Chloé',
    seq: 2,
    previousHash: '0'.repeat(64),
    format: 1,
    event: 'CREE',
    dumpId: 7,
    detail: { b: [1, 2.5, null, true], a: 'é\u20ac\n"🦊' },
    changes: [{ table: 't38_dump_audit', op: 'update', row: { statut: 'ARCHIVE', dump_id: 7 } }],
    at: '2026-11-01T10:00:00.12Z',
  });
  // Python: sha256(json.dumps(event, sort_keys=True, separators=(',', ':'), ensure_ascii=False).encode())
  expect(hash).toBe('0d6dc75c95b29ab3a24b5633bff0f514ef966adba24f8d6d10bf3bd341fdf64b');
});

test('properties are sorted by UTF-16 code units, as RFC 8785 has it (section 3.2.3)', () => {
  const keys = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6'];
  const sorted = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33'];
  const text = canonicalJson(Object.fromEntries(keys.map((key) => [key, 0])));
  expect(text).toBe(`{${sorted.map((key) => `${JSON.stringify(key)}:0`).join(',')}}`);
});

test('what JSON would alter is refused, what it leaves out is left out', () => {
  expect(canonicalJson({ b: undefined, a: -0, c: 1e21 })).toBe('{"a":0,"c":1e+21}');
  for (const value of [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1n,
    undefined,
    new Date(),
    new Map(),
    ['\ud83d'],
    [undefined],
  ]) {
    expect(() => canonicalJson({ list: [value] }), String(value)).toThrow(/no place in it/);
  }
});
