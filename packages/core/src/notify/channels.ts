import type { NotifyTargets } from '../notify-targets.ts';
import type { Channel } from './channel.ts';
import { type SnsOptions, snsChannel } from './sns.ts';
import { webhookChannel } from './webhook.ts';

/** One for each target that is configured. Nothing is connected to before the first message. */
export function openChannels({ topic, webhook }: NotifyTargets, options: SnsOptions = {}): Channel[] {
  return [...(topic ? [snsChannel(topic, options)] : []), ...(webhook ? [webhookChannel(webhook)] : [])];
}
