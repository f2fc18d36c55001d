/** What a sniffer looks at: bounded parts of a text in UTF-8. */
export interface TextSample {
  /** From the first byte on. */
  readonly head: Buffer;
  /** Whether `head` is the whole text. */
  readonly complete: boolean;
  /** The last bytes, where they could be had without reading all of it; they may begin within a line. */
  readonly tail?: Buffer | undefined;
}
