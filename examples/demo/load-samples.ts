import { psql, type Server } from './psql.ts';

const SAMPLES = ['examples/datasens/schema.sql', 'examples/datasens/data.sql'];

/** Builds the sample database in the embedded server; again and again, with the same result. */
export async function loadSamples(server: Server): Promise<void> {
  // What the host has brought in another time; restores over Gold would want an approval.
  const reset = '--command=drop schema if exists gold cascade; drop table if exists arrival';
  await psql(server, ['--single-transaction', '--quiet', reset, ...SAMPLES.map((path) => `--file=${path}`)]);
}
