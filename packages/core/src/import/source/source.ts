/**
 * Something to import: one version of one file or object, opened. The one who opened it disposes of it.
 */
export interface Source extends AsyncDisposable {
  /** Where it is, without credentials: `file:///…` or `s3://bucket/key`. */
  readonly uri: string;
  /** Of the stored bytes, compressed or not. */
  readonly sizeBytes: number;
  /** Whether it is a file of this machine, so that to read bytes again costs no request. */
  readonly isLocal: boolean;
  /**
   * The stored bytes, or those from `range.start` to `range.end` (both inclusive, clamped to the size), as often as
   * wanted. Throws `Conflict` where the bytes are no longer those that were opened.
   */
  read(options?: SourceRead): AsyncIterable<Uint8Array>;
  /**
   * Throws `Conflict` where what is there now is known to be another file than the one that was opened. An object is
   * read by its version, so that there is nothing to ask.
   */
  expectUnchanged(): Promise<void>;
}

export interface SourceRead {
  readonly range?: { readonly start: number; readonly end: number };
  readonly signal?: AbortSignal | undefined;
}
