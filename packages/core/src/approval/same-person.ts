/**
 * Whether two names are of one person, as far as names tell: case, composition of accents and white space around a name
 * make nobody another.
 */
export function isSamePerson(a: string, b: string): boolean {
  return folded(a) === folded(b);
}

function folded(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase();
}
