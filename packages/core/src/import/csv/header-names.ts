/** PostgreSQL cuts longer names off (NAMEDATALEN, "Identifiers and Key Words"). */
const NAME_LIMIT_BYTES = 63;

export interface ColumnName {
  /** Legal and unique: to be quoted, like any name from outside. */
  readonly name: string;
  /** As the file has it; nothing without a header. */
  readonly header: string | undefined;
  /** What was changed, and why; nothing where `name` is the header. */
  readonly changed?: string;
}

/** Column names for a header, or for the `columns` of a table without one. */
export function nameColumns(header: readonly string[] | undefined, columns: number): ColumnName[] {
  const taken = new Map<string, number>();
  return Array.from({ length: columns }, (_, index) => {
    const given = header?.[index];
    const plain = (given ?? '').replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
    const wanted = plain === '' ? `column_${index + 1}` : cutToLimit(plain, NAME_LIMIT_BYTES);
    const name = makeUnique(wanted, taken);
    const changed = header === undefined ? undefined : whyChanged(given ?? '', { plain, wanted, name });
    return { name, header: given, ...(changed === undefined ? {} : { changed }) };
  });
}

function whyChanged(
  given: string,
  { plain, wanted, name }: { plain: string; wanted: string; name: string },
): string | undefined {
  if (plain === '') return 'the header has no name here';
  if (name !== wanted) return 'another column has this name';
  if (wanted !== plain) return `the name has more than ${NAME_LIMIT_BYTES} bytes`;
  return plain === given ? undefined : 'white space was put in order';
}

/** `taken` has the names given so far, and the number that the next of each is tried with. */
function makeUnique(wanted: string, taken: Map<string, number>): string {
  for (let number = taken.get(wanted) ?? 1; ; number += 1) {
    const suffix = number === 1 ? '' : `_${number}`;
    const name = cutToLimit(wanted, NAME_LIMIT_BYTES - suffix.length) + suffix;
    if (taken.has(name)) continue;
    taken.set(wanted, number + 1);
    if (number > 1) taken.set(name, 2);
    return name;
  }
}

/** Whole characters only. */
function cutToLimit(text: string, limitBytes: number): string {
  if (Buffer.byteLength(text) <= limitBytes) return text;
  let cut = '';
  let bytes = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > limitBytes) return cut.trimEnd();
    cut += character;
  }
  return cut;
}
