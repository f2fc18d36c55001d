import type { Grant } from './function-table.ts';
import type { Secrets } from './secrets.ts';
import type { Stage } from './stage-settings.ts';
import { secretsOf } from './statements.ts';

/** What the variables of functions are made of. */
export interface Known {
  readonly stage: Stage;
  readonly bucket: aws.s3.Bucket;
  readonly key: aws.kms.Key;
  readonly secrets: Secrets;
  readonly topic: aws.sns.Topic;
}

type Variables = Readonly<Record<string, $util.Input<string> | undefined>>;

/** The variables of docs/design.md, section 7, that a function with these grants needs, and no others; secrets by reference. */
export function variablesOf(grants: readonly Grant[], known: Known): Record<string, $util.Input<string>> {
  const { files, settings } = known.stage;
  const all: Partial<Record<Grant, Variables>> = {
    database: {
      DATASENS_STORAGE: $interpolate`s3://${known.bucket.bucket}`,
      S3_KMS_KEY_ID: known.key.arn,
      DATASENS_RDS_IAM: settings.rdsUsers && 'true',
    },
    encrypt: {
      DATASENS_RECIPIENTS: settings.recipients,
      DATASENS_SENSITIVE: settings.sensitive && JSON.stringify(settings.sensitive),
    },
    protect: { DATASENS_PROTECTED: settings.protected },
    retention: { DATASENS_RETENTION: files.DATASENS_RETENTION },
    steps: { DATASENS_STEPS: files.DATASENS_STEPS },
    imports: { DATASENS_IMPORTS: files.DATASENS_IMPORTS, DATASENS_STORAGE: $interpolate`s3://${known.bucket.bucket}` },
    notify: { DATASENS_NOTIFY_TOPIC: known.topic.arn },
    links: { DATASENS_APPROVERS: settings.approvers?.join(',') },
  };
  const secrets = secretsOf(grants, known.secrets).map(({ arn }) => arn);
  const variables: Variables = {
    ...Object.assign({}, ...grants.map((grant) => all[grant] ?? {})),
    ...(secrets.length === 0 ? {} : { DATASENS_SECRETS: $util.all(secrets).apply((arns) => arns.join(',')) }),
  };
  const set = Object.entries(variables).filter(
    (entry): entry is [string, $util.Input<string>] => entry[1] !== undefined,
  );
  return Object.fromEntries(set);
}
