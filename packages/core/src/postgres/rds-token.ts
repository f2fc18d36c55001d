import { AppError } from '../errors.ts';
import type { DatabaseTarget } from './target.ts';

/**
 * What a database of RDS takes in place of a password, from whoever has the right `rds-db:connect` (RDS user guide, "IAM
 * database authentication"): good for 15 minutes, for beginning a connection; one that has begun lasts. Made here, by the
 * credentials and the region of the environment; nobody is asked. Throws `ConfigError` where there are none.
 */
export async function rdsToken({ host, port, user }: Pick<DatabaseTarget, 'host' | 'port' | 'user'>): Promise<string> {
  // Most databases have passwords, and are not to wait for it.
  // biome-ignore lint/style/noRestrictedImports: this is the one place
  const { Signer } = await import('@aws-sdk/rds-signer');
  try {
    return await new Signer({ hostname: host, port, username: user }).getAuthToken();
  } catch (error) {
    const remedy = 'set AWS_REGION and credentials, or a password in the URL';
    throw new AppError('ConfigError', `no token for ${user} at ${host} (${(error as Error).name}): ${remedy}`);
  }
}

/** The target with a password that a tool can be given now: for each that is started anew. Throws what `rdsToken` throws. */
export async function withPassword(target: DatabaseTarget): Promise<DatabaseTarget> {
  return target.signed ? { ...target, password: await rdsToken(target) } : target;
}
