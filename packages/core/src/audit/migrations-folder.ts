import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AppError } from '../errors.ts';

// In the published bundle the folder lies beside the file that runs; in a clone, at the root of the repository.
const PLACES = ['./migrations/', '../../../../migrations/'];

/** The folder of the audit's SQL migrations. Throws `ConfigError` where an installation has lost it. */
export function migrationsFolder(): string {
  const folders = PLACES.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const folder = folders.find((path) => existsSync(path));
  if (folder) return folder;
  throw new AppError('ConfigError', `the migrations are missing: expected them in ${folders.join(' or ')}. Reinstall`);
}
