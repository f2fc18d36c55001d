import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findPsql } from './psql.ts';

/** Configures a guarded step, whose function changes its table and fails then. */
export async function describeStep(home: string): Promise<void> {
  const step = { function: 'anonymise', tables: ['public.arrival'], exclusive: true };
  await writeFile(join(home, 'steps.json'), JSON.stringify({ steps: { anonymise: step } }));
  await mkdir(join(home, 'functions'), { recursive: true });
  await writeFile(
    join(home, 'functions/anonymise.mjs'),
    `import { execFileSync } from 'node:child_process';

export function handler() {
  const statement = "update arrival set station = 'anonyme'";
  execFileSync(${JSON.stringify(await findPsql())}, ['--quiet', '--command', statement, process.env.DATABASE_URL]);
  throw new Error('the model cannot be reached');
}
`,
  );
}
