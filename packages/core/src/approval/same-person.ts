/** Whether two names are of one person, as far as names tell: case, forms of a letter and white space make nobody another. */
export function isSamePerson(a: string, b: string): boolean {
  return folded(a) === folded(b);
}

/**
 * Whether two names may be of one person, one of whom AWS may have named: the ARN of a principal, and the identity that S3
 * tells of one, end in the name of the user or the session ("IAM identifiers", IAM user guide; "Event message structure", S3 user guide).
 */
export function mayBeSamePerson(a: string, b: string): boolean {
  return isSamePerson(a, b) || isSamePerson(lastOf(a), lastOf(b));
}

function lastOf(name: string): string {
  return /^(arn|aws):.*[:/]([^:/]*)$/i.exec(name)?.[2] ?? name;
}

function folded(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase();
}
