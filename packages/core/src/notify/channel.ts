import type { Message } from './message.ts';

/** One way on which people are told. */
export interface Channel {
  readonly name: 'sns' | 'webhook';
  /**
   * Sends it once. Throws `Transient` where the same request may succeed later, with `retryAfterMs` among its details
   * where the other side says when; other names where it will not. No error repeats the address.
   */
  send(message: Message, signal: AbortSignal): Promise<void>;
}
