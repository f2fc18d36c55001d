/**
 * Compares two well-formed strings by their UTF-8 bytes, the order in which S3 lists keys.
 *
 * JavaScript compares UTF-16 units, which differs in one case: a surrogate (a character above U+FFFF) is a smaller
 * unit than U+E000 to U+FFFF, yet its UTF-8 form is greater.
 */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return isSurrogate(x) === isSurrogate(y) ? x - y : isSurrogate(x) ? 1 : -1;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
