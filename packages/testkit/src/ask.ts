import { Client } from 'pg';

/** The rows of one statement, each an array of values, over a connection of its own. */
export async function ask(url: string, statement: string): Promise<unknown[][]> {
  const client = new Client({ connectionString: url });
  // The loss of the connection is an error of the statement; the event is its echo.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<unknown[]>({ text: statement, rowMode: 'array' })).rows;
  } finally {
    await client.end();
  }
}
