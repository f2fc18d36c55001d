declare module 'asl-validator' {
  interface Verdict {
    readonly isValid: boolean;
    readonly errors: readonly { readonly 'Error code': string; readonly Message: string }[];
  }
  /** Writes into the definition that it is given. */
  function validate(definition: unknown): Verdict;
  export = validate;
}
