/** `unsure` is a question to a person: an import should not go on without an answer. */
export type Certainty = 'told' | 'certain' | 'likely' | 'unsure';

/** One property of a dialect: what it is, how sure that is, and why. */
export interface Finding<P extends string = string> {
  readonly property: P;
  readonly certainty: Certainty;
  readonly because: string;
}
