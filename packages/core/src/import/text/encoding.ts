/** `iso-8859-1` is the real one, with control characters at 0x80 to 0x9F; what is called Latin-1 is mostly windows-1252. */
export const ENCODINGS = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252', 'iso-8859-1'] as const;

export type Encoding = (typeof ENCODINGS)[number];

const ALIASES: Readonly<Record<string, Encoding>> = {
  utf8: 'utf-8',
  ascii: 'utf-8',
  'us-ascii': 'utf-8',
  utf16le: 'utf-16le',
  utf16be: 'utf-16be',
  cp1252: 'windows-1252',
  ansi: 'windows-1252',
  latin1: 'iso-8859-1',
  'latin-1': 'iso-8859-1',
};

/** The encoding that a person names, or nothing. */
export function findEncoding(name: string): Encoding | undefined {
  const lower = name.toLowerCase();
  return ENCODINGS.find((encoding) => encoding === lower) ?? ALIASES[lower];
}
