import { type TestDatabase, testDatabase } from './database.ts';
import { type TestStore, testStore } from './stores.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A database with one table, and an empty store: what a user has before the first command. */
export interface Newcomer extends AsyncDisposable {
  readonly database: TestDatabase;
  readonly storage: TestStore;
  /** A folder of the user's own. */
  readonly folder: string;
  /** What the command finds in its environment. */
  readonly env: Record<string, string>;
}

export async function newcomer(): Promise<Newcomer> {
  await using made = new AsyncDisposableStack();
  const database = made.use(await testDatabase());
  const storage = made.use(await testStore());
  const folder = made.use(await temporaryFolder());
  await database.sql(`create table t01_source as select n as id, 'été' as nom from generate_series(1, 3) n`);
  const all = made.move();
  return {
    database,
    storage,
    folder: folder.path,
    env: { DATABASE_URL: database.url, DATASENS_HOME: folder.path, ...storage.env },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
