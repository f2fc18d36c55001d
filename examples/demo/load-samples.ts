import { psql, type Server } from './psql.ts';

const SAMPLES = ['examples/datasens/schema.sql', 'examples/datasens/data.sql'];

/** Builds the sample database in the embedded server; again and again, with the same result. */
export async function loadSamples(server: Server): Promise<void> {
  await psql(server, ['--single-transaction', '--quiet', ...SAMPLES.map((path) => `--file=${path}`)]);
}
