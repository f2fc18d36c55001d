/** Whether two names are of one person, as far as names tell: case, forms of a letter and white space make nobody another. */
export function isSamePerson(a: string, b: string): boolean {
  return folded(a) === folded(b);
}

function folded(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase();
}
