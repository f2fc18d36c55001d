import { randomUUID } from 'node:crypto';
import { readHead } from '@datasens/core/audit/journal-store.ts';
import { migrationsFolder } from '@datasens/core/audit/migrations-folder.ts';
import { readTail } from '@datasens/core/audit/read-events.ts';
import { isMigrated } from '@datasens/core/audit/schema-state.ts';
import { listAbandonedDatabases } from '@datasens/core/audit/temporary-databases.ts';
import { hashObject } from '@datasens/core/catalog/read-object.ts';
import type { Config } from '@datasens/core/config.ts';
import { AppError, isAppError } from '@datasens/core/errors.ts';
import { findClientTools, listClientTools } from '@datasens/core/postgres/client-tools.ts';
import { migrationNames } from '@datasens/core/postgres/migrate.ts';
import { openDatabase } from '@datasens/core/postgres/pool.ts';
import { openSession } from '@datasens/core/postgres/session.ts';
import { describeSource } from '@datasens/core/postgres/source-checks.ts';
import { type DatabaseTarget, describeTarget } from '@datasens/core/postgres/target.ts';
import { openStore } from '@datasens/core/storage/open-store.ts';
import { embeddedTarget, logToStderr } from './context.ts';

/** One thing to look at. `run` says what it found; an error is what is not well, with its remedy. */
export interface Check {
  readonly part: string;
  readonly run: () => Promise<string>;
}

export function checkNode(): Check {
  return { part: 'node', run: async () => process.versions.node };
}

export function checkTools({ binDir }: Config): Check {
  return {
    part: 'client tools',
    run: async () => {
      const found = await listClientTools({ binDir });
      if (found.length > 0) return found.map(({ version, binDir }) => `${version} in ${binDir}`).join(', ');
      throw new AppError('ConfigError', 'none found: install postgresql-client, or set PG_BIN_DIR to their folder');
    },
  };
}

/** The database can be reached, and there are client tools of its major. */
export function checkSource(config: Config, name: string, signal: AbortSignal): Check {
  return {
    part: `source ${name}`,
    run: async () => {
      const target = config.sources.get(name) ?? (await embeddedTarget(config, signal, logToStderr));
      await using session = await openSession(target, { applicationName: 'datasens doctor', signal });
      const { serverVersion, serverMajor, encoding } = await describeSource(session);
      const tools = await findClientTools(serverMajor, { binDir: config.binDir });
      return `PostgreSQL ${serverVersion}, ${encoding}, at ${describeTarget(target)}; pg_dump ${tools.version}`;
    },
  };
}

/** No restore was killed and left a temporary database on the server. */
export function checkLeftovers(config: Config, name: string, signal: AbortSignal): Check {
  return {
    part: `restores on ${name}`,
    run: async () => {
      const target = config.sources.get(name) ?? (await embeddedTarget(config, signal, logToStderr));
      await using session = await openSession(target, { applicationName: 'datasens doctor', signal });
      const left = await listAbandonedDatabases(session);
      if (left.length === 0) return 'none was left unfinished';
      throw new AppError(
        'Conflict',
        `killed restores left temporary databases, which nobody works on, and datasens reconcile drops: ${left.join(', ')}`,
        { left },
      );
    },
  };
}

/** The storage takes an object once, lists it, gives it back as it was, and removes it. */
export function checkStorage(config: Config, signal: AbortSignal): Check {
  return {
    part: 'storage',
    run: async () => {
      const store = await openStore(config.storage, config.s3);
      const key = `doctor/${randomUUID()}`;
      const bytes = Buffer.from(key);
      try {
        await store.put(key, [bytes], { ifAbsent: true, signal });
        const { sizeBytes } = await hashObject(store, key, { signal });
        if (sizeBytes !== bytes.length)
          throw new AppError('ConfigError', `${store.uri} does not give back what it was given`);
        const second = await store.put(key, [bytes], { ifAbsent: true, signal }).catch((error: unknown) => error);
        if (!isAppError(second, 'Conflict')) {
          throw new AppError(
            'ConfigError',
            `${store.uri} ignores conditional writes: two dumps could overwrite each other`,
          );
        }
        await store.list(key, { signal });
        await store.delete(key, { signal });
      } catch (error) {
        await store.delete(key).catch(() => undefined);
        throw error;
      }
      const findings = (await store.inspect?.({ signal })) ?? [];
      return [`${store.uri}: writes, conditional writes, reads, listings and deletes work`, ...findings].join('; ');
    },
  };
}

/** The audit tables are there and up to date, and the journal's mirror has not run ahead of them. */
export function checkAudit(config: Config, signal: AbortSignal): Check {
  return {
    part: 'audit',
    run: async () => {
      const target: DatabaseTarget = config.audit ?? (await embeddedTarget(config, signal, logToStderr));
      await using db = openDatabase(target, { applicationName: 'datasens doctor', max: 1 });
      const where = describeTarget(target);
      if (!(await isMigrated(db, await migrationNames(migrationsFolder())))) {
        return `no audit tables in ${where} yet: the first command that needs them creates them`;
      }
      const store = await openStore(config.storage, config.s3);
      const [tail, head] = [await readTail(db), await readHead(store, signal)];
      const events = tail?.seq ?? 0;
      if (head.seq > events) {
        throw new AppError(
          'Conflict',
          `${where} has ${events} events, its mirror in the storage ${head.seq}: run datasens journal verify`,
        );
      }
      const behind = events - head.seq;
      return `${where}: ${events} events${behind > 0 ? `, ${behind} to be mirrored by the next command` : ', all mirrored'}`;
    },
  };
}
