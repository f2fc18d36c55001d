/** What a process is asked to do, one at a time. */
export interface FunctionCall {
  readonly requestId: string;
  /** JSON. */
  readonly payload: string;
  readonly functionName: string;
  readonly functionArn: string;
  readonly memoryMb: number;
  readonly timeoutMs: number;
}

/** What was thrown, as far as it can be told. What has no name was no error. */
export interface Thrown {
  readonly name?: string;
  readonly message: string;
  readonly stack?: string;
}

/** What a process says: once that it has loaded its function, or cannot, then an answer to each call. */
export type FunctionMessage =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'unloadable'; readonly thrown: Thrown }
  /** The result is JSON. */
  | { readonly kind: 'returned'; readonly result: string }
  | { readonly kind: 'threw'; readonly thrown: Thrown };
