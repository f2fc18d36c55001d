import type { SourceDeps } from './deps.ts';
import { AppError } from './errors.ts';
import type { DatabaseTarget } from './postgres/target.ts';

/** The database that `source` names. Throws `NotFound` with the names there are. */
export function sourceTarget({ sources }: Pick<SourceDeps, 'sources'>, source: string): DatabaseTarget {
  const target = sources.get(source);
  if (target) return target;
  const known = [...sources.keys()].join(', ');
  throw new AppError(
    'NotFound',
    `there is no source ${JSON.stringify(source)}. Known sources: ${known}. Add it to DATASENS_SOURCES`,
  );
}
