import { randomBytes } from 'node:crypto';
import type { TestDatabase } from './database.ts';

/** A role that may log in and nothing else. Disposing of it drops it, with what it owns in the database. */
export interface TestRole extends AsyncDisposable {
  readonly name: string;
  /** Of the database, as this role. */
  readonly url: string;
}

export async function testRole(server: TestDatabase): Promise<TestRole> {
  const name = `role_${randomBytes(8).toString('hex')}`;
  await server.sql(`create role ${name} login`);
  const url = new URL(server.url);
  url.username = name;
  url.password = '';
  return {
    name,
    url: url.href,
    async [Symbol.asyncDispose]() {
      await server.sql(`drop owned by ${name}; drop role ${name}`);
    },
  };
}
