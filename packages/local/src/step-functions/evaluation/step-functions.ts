import { createHash, randomUUID } from 'node:crypto';
import type { Expression } from 'jsonata';

const ALGORITHMS: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

/**
 * Gives an expression the functions that Step Functions adds to JSONata, and takes `$eval` from it (Developer Guide,
 * "JSONata functions provided by Step Functions").
 */
export function addStepFunctions(expression: Expression): void {
  expression.registerFunction('partition', partition, '<an:a>');
  expression.registerFunction('range', range, '<nnn:a>');
  expression.registerFunction('hash', hash, '<xs:s>');
  expression.registerFunction('random', random, '<n?:n>');
  expression.registerFunction('uuid', () => randomUUID(), '<:s>');
  expression.registerFunction('parse', (text: string) => JSON.parse(text), '<s:x>');
  expression.assign('eval', undefined);
}

function partition(values: readonly unknown[], size: number): unknown[][] {
  if (!Number.isInteger(size) || size < 1) throw new Error(`expected a size of 1 or more, got ${size}`);
  return Array.from({ length: Math.ceil(values.length / size) }, (_, n) => values.slice(n * size, (n + 1) * size));
}

/** Both ends included; at most 1,000 numbers, as `States.ArrayRange` has. */
function range(first: number, last: number, step: number): number[] {
  if (![first, last, step].every(Number.isInteger) || step === 0) {
    throw new Error('expected integers, and a step other than 0');
  }
  const length = Math.max(0, Math.floor((last - first) / step) + 1);
  if (length > 1_000) throw new Error(`expected at most 1,000 numbers, got ${length}`);
  return Array.from({ length }, (_, n) => first + n * step);
}

function hash(data: unknown, algorithm: string): string {
  const name = ALGORITHMS[algorithm];
  if (name === undefined) {
    throw new Error(`expected one of ${Object.keys(ALGORITHMS).join(', ')}; got ${algorithm}`);
  }
  return createHash(name)
    .update(typeof data === 'string' ? data : JSON.stringify(data))
    .digest('hex');
}

/** From 0 up to 1. The same seed gives the same number, though not the number that AWS gives. */
function random(seed?: number): number {
  if (seed === undefined) return Math.random();
  return createHash('sha256').update(String(seed)).digest().readUInt32BE() / 2 ** 32;
}
