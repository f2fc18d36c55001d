/** `unsure` is a question to a person: an import should not go on without an answer. */
export type Certainty = 'told' | 'certain' | 'likely' | 'unsure';

/** One property of a dialect: what it is, how sure that is, and why. */
export interface Finding<P extends string = string> {
  readonly property: P;
  readonly certainty: Certainty;
  readonly because: string;
}

/** The option that tells a property, where it has another name. */
const OPTIONS: Readonly<Record<string, string>> = {
  lineEnd: 'line-end',
  skipLines: 'skip',
  headerRows: 'header',
  footerLines: 'footer',
  dateFormat: 'date-format',
};

export function optionOf({ property }: Pick<Finding, 'property'>): string {
  return OPTIONS[property] ?? property;
}
