import { openChannels } from '@datasens/core/notify/channels.ts';
import type { Notification } from '@datasens/core/notify/notification.ts';
import { type NotifyResult, notify } from '@datasens/core/notify/send.ts';
import type { Call } from './step.ts';

/** Tells people by the channels of the configuration. Throws what `notify` throws. */
export async function tellPeople(
  { config, signal, log }: Pick<Call, 'config' | 'signal' | 'log'>,
  notification: Notification,
): Promise<NotifyResult> {
  const channels = openChannels(config.notify, { caBundle: config.s3.caBundle });
  return await notify({ channels, signal, log }, notification);
}
