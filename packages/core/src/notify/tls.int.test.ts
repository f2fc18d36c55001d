import { tell } from '@datasens/testkit/notify-world.ts';
import { authorityUnavailable, privateAuthority } from '@datasens/testkit/private-authority.ts';
import { scriptedServer } from '@datasens/testkit/scripted-server.ts';
import { PUBLISHED } from '@datasens/testkit/sns-answers.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { parseTopic, parseWebhook } from '../notify-targets.ts';
import { snsChannel } from './sns.ts';
import { webhookChannel } from './webhook.ts';

describe.skipIf((await authorityUnavailable()) !== undefined && !process.env.CI)('over TLS', () => {
  afterEach(() => vi.unstubAllEnvs());

  test('a webhook whose certificate nobody vouches for is told nothing, and its URL not repeated', async () => {
    await using folder = await temporaryFolder();
    const authority = await privateAuthority(folder.path);
    await using server = await scriptedServer([200], { certificate: await authority.issue(1) });
    const { result, logged } = tell([webhookChannel(parseWebhook(`${server.origin}/s3cret`, 'test'))]);
    const { failed } = await result;
    expect(failed).toHaveLength(1);
    expect(failed[0]?.because).toMatch(
      /^the certificate of the webhook is not accepted \([A-Z_]+\): .* NODE_EXTRA_CA_CERTS$/,
    );
    expect(server.requests).toEqual([]);
    expect(logged.join()).not.toMatch(/s3cret|https:/);
  });

  test('SNS is spoken to with the authorities of AWS_CA_BUNDLE', async () => {
    await using folder = await temporaryFolder();
    const authority = await privateAuthority(folder.path);
    await using server = await scriptedServer([PUBLISHED], { certificate: await authority.issue(1) });
    vi.stubEnv('AWS_ENDPOINT_URL_SNS', server.origin);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIATEST');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 's3cret');
    const topic = parseTopic('arn:aws:sns:eu-west-3:123456789012:told', 'test');
    const { failed } = await tell([snsChannel(topic)]).result;
    expect(failed).toMatchObject([{ because: expect.stringMatching(/^the certificate of SNS is not accepted/) }]);
    expect(await tell([snsChannel(topic, { caBundle: authority.file })]).result).toMatchObject({ sent: ['sns'] });
  });
});
