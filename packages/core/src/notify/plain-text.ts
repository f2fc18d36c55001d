/** So much of one value is shown; a longer one says how much is left out. */
const MAX_VALUE = 500;
/** Amazon SNS API reference, "Publish": a subject has less than 100 characters. */
const MAX_SUBJECT = 99;

/**
 * A value from outside as one line of text: line breaks are spaces, what would steer a terminal or turn the direction of
 * writing is shown as what it is, credentials are taken out, and what is too long is cut, which is said.
 */
export function oneLine(value: string, max = MAX_VALUE): string {
  const characters = [
    ...withoutSecrets(value)
      .replaceAll(/[\r\n\t\v\f\u2028\u2029]+/g, ' ')
      .replaceAll(/\p{C}/gu, (control) => `\\u{${control.codePointAt(0)?.toString(16)}}`),
  ];
  if (characters.length <= max) return characters.join('');
  return `${characters.slice(0, max).join('')}… (${characters.length - max} characters are left out)`;
}

/** A second look, for no error of ours has one: the user and password of a URL, and the secret keys of age. */
function withoutSecrets(text: string): string {
  return text
    .replaceAll(/(?<![a-z0-9+.-])([a-z][a-z0-9+.-]*:\/\/)[^\s/?#]*@/gi, '$1…@')
    .replaceAll(/AGE-SECRET-KEY-[0-9A-Z-]+/gi, 'AGE-SECRET-KEY-…');
}

/** As SNS takes a subject, whoever reads it: printable ASCII, accents dropped, what has no such form a question mark. */
export function asciiSubject(text: string): string {
  const ascii = oneLine(text)
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^\x20-\x7e]/gu, '?');
  return ascii.length <= MAX_SUBJECT ? ascii : `${ascii.slice(0, MAX_SUBJECT - 3)}...`;
}
