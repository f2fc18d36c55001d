import type { Config } from '@datasens/core/config.ts';
import type { Check } from './doctor-checks.ts';

/** Who is told, or that nobody is. Nothing is sent: `datasens notify --test` does that. */
export function checkNotifications({ notify: { topic, webhook } }: Config): Check {
  return {
    part: 'notifications',
    async run() {
      const told = [
        ...(topic ? [`the topic ${topic.arn}`] : []),
        ...(webhook ? [`a webhook at ${webhook.origin}`] : []),
      ];
      if (told.length > 0)
        return `${told.join(' and ')}; datasens notify --test tries ${told.length > 1 ? 'them' : 'it'}`;
      return 'nobody is told of failures: set DATASENS_NOTIFY_TOPIC or DATASENS_NOTIFY_WEBHOOK';
    },
  };
}
