import { Client } from 'pg';

/** A connection of its own, by whose name the server's views know it: for a transaction that stays open. */
export interface SqlSession extends AsyncDisposable {
  sql(text: string): Promise<unknown>;
}

export async function sqlSession(url: string, applicationName: string): Promise<SqlSession> {
  const client = new Client({ connectionString: url, application_name: applicationName });
  await client.connect();
  return { sql: (text) => client.query(text), [Symbol.asyncDispose]: () => client.end() };
}
