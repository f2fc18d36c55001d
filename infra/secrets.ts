import { isProduction, nameOf } from './names.ts';
import type { StageSettings } from './stage-settings.ts';

/** A secret of the stack, and the variables that its JSON has: docs/deploy.md. */
const CONTENTS = {
  database: 'DATABASE_URL, AUDIT_DATABASE_URL, DATASENS_SOURCES, DATASENS_SCRATCH_URL',
  identity: 'DATASENS_IDENTITY_SECRET',
  webhook: 'DATASENS_NOTIFY_WEBHOOK',
  links: 'DATASENS_LINK_SECRET',
} as const;

export type SecretName = keyof typeof CONTENTS;
export type Secrets = Readonly<Partial<Record<SecretName, aws.secretsmanager.Secret>>>;

/** Secrets without values: those are put in by a person, and pass through neither this stack nor its state. */
export function createSecrets(settings: StageSettings, key: aws.kms.Key): Secrets {
  const wanted: Record<SecretName, boolean> = {
    database: true,
    identity: settings.recipients !== undefined,
    webhook: settings.webhook ?? false,
    links: settings.approvers !== undefined,
  };
  const names = (Object.keys(CONTENTS) as SecretName[]).filter((name) => wanted[name]);
  return Object.fromEntries(names.map((name) => [name, createSecret(name, key)]));
}

function createSecret(name: SecretName, key: aws.kms.Key): aws.secretsmanager.Secret {
  return new aws.secretsmanager.Secret(`${name.charAt(0).toUpperCase()}${name.slice(1)}Secret`, {
    name: nameOf(name),
    description: `JSON, any of ${CONTENTS[name]}`,
    kmsKeyId: key.arn,
    // A stage that is removed and made again wants the name again.
    recoveryWindowInDays: isProduction() ? 30 : 0,
  });
}
