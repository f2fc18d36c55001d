import { readFile } from 'node:fs/promises';

const DOCKERFILE = new URL('../../../../functions/container/Dockerfile', import.meta.url);
const NAMES = ['DEBIAN', 'NODE_VERSION', 'PG_MAJOR'] as const;

/** What the Dockerfile is built with unless somebody says otherwise. */
export async function imageArguments(): Promise<Readonly<Record<(typeof NAMES)[number], string>>> {
  const dockerfile = await readFile(DOCKERFILE, 'utf8');
  const values = NAMES.map((name) => {
    const value = new RegExp(`^ARG ${name}=(\\S+)$`, 'm').exec(dockerfile)?.[1];
    if (value === undefined) throw new Error(`expected a line "ARG ${name}=…" in ${DOCKERFILE.pathname}`);
    return [name, value] as const;
  });
  return Object.fromEntries(values) as Record<(typeof NAMES)[number], string>;
}
