import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { WORKFLOW_STORE } from '@datasens/testkit/store-kinds.ts';

/** A fault to put into the product, and the test that must notice. */
export interface Mutant {
  readonly name: string;
  /** The path of the patch, for `git apply` in the root of the tree. */
  readonly patch: string;
  /** The files that it changes, by their paths from the root of the tree. */
  readonly changes: readonly string[];
  readonly fault: string;
  /** The test file, from the root of the tree. */
  readonly file: string;
  /** The test's name, or a part of it, with those of its groups before it. */
  readonly test: string;
  /** The project of vitest.config.ts that it runs in. */
  readonly project: string;
}

/** Reads every `<name>.patch` of a folder: `fault:`, `file:` and `test:` lines, maybe a `project:`, then the patch that git applies. */
export async function readMutants(folder: string): Promise<Mutant[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.patch')).toSorted();
  return Promise.all(names.map((name) => readMutant(join(folder, name))));
}

async function readMutant(patch: string): Promise<Mutant> {
  const text = await readFile(patch, 'utf8');
  const [header = ''] = text.split(/^(?:diff|---) /m, 1);
  const optional = (name: string) => new RegExp(`^${name}: (.+)$`, 'm').exec(header)?.[1]?.trim();
  const field = (name: string) => {
    const value = optional(name);
    if (value === undefined) throw new Error(`${patch}: expected a line "${name}: …" before the patch`);
    return value;
  };
  const file = field('file');
  return {
    name: basename(patch, '.patch'),
    patch,
    changes: [...text.matchAll(/^(?:---|\+\+\+) [ab]\/(.+)$/gm)].map(([, path = '']) => path),
    fault: field('fault'),
    file,
    test: field('test'),
    project: optional('project') ?? usualProject(file),
  };
}

/** Where a file's tests run unless somebody says otherwise: on one store, however many there are. */
function usualProject(file: string): string {
  if (/^test\/workflows\//.test(file)) return `integration:${WORKFLOW_STORE}`;
  if (/^test\/infra\//.test(file)) return 'infra';
  if (/^test\/s3\/|\.s3\.test\.ts$/.test(file)) return 's3';
  const [, own] = /^test\/(lambda|container)\//.exec(file) ?? [];
  if (own) return own;
  return /^test\/|\.int\.test\.ts$/.test(file) ? 'integration' : 'unit';
}
