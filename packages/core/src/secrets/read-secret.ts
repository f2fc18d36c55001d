import { AppError } from '../errors.ts';

/**
 * The text of a secret of AWS Secrets Manager, by its ARN or name, at AWS or where AWS_ENDPOINT_URL_SECRETS_MANAGER says.
 * Throws `ConfigError` for one that is not there or has no value, `NotAllowed` where it is refused, `Transient` otherwise;
 * none of them repeats anything of it.
 */
export async function readSecret(id: string, abortSignal: AbortSignal): Promise<string> {
  // Most processes have their secrets in the environment, and are not to wait for it.
  // biome-ignore lint/style/noRestrictedImports: this is the one place
  const { SecretsManagerClient, GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
  const client = new SecretsManagerClient({});
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: id }), { abortSignal });
    if (SecretString !== undefined) return SecretString;
    throw new AppError('ConfigError', `${said(id)} has bytes in place of text: put JSON in`);
  } catch (error) {
    abortSignal.throwIfAborted();
    throw error instanceof AppError ? error : explain(id, error);
  } finally {
    client.destroy();
  }
}

function said(id: string): string {
  return `DATASENS_SECRETS: the secret ${id}`;
}

/** By the codes of AWS Secrets Manager API reference, "GetSecretValue", and of KMS. */
function explain(id: string, error: unknown): AppError {
  const { name, $metadata } = error as Error & { readonly $metadata?: { readonly httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  if (name === 'ResourceNotFoundException') {
    const remedy = 'put one in by aws secretsmanager put-secret-value';
    return new AppError('ConfigError', `${said(id)} is not there, or has no value yet: ${remedy}`);
  }
  if (name === 'AccessDeniedException' || name === 'DecryptionFailure') {
    const rights = 'secretsmanager:GetSecretValue on it and kms:Decrypt on its key';
    return new AppError('NotAllowed', `${said(id)} is refused (${name}): have ${rights}`);
  }
  if (status === 400) return new AppError('ConfigError', `${said(id)} cannot be read (${name})`);
  return new AppError('Transient', `${said(id)} cannot be read at present (${name})`);
}
