import { readFile } from 'node:fs/promises';
import * as z from 'zod';

interface Operation {
  readonly method: string;
  readonly path: string;
  /** Schemas of bodies in JSON, by status; undefined for an answer without a body. */
  readonly answers: ReadonlyMap<string, z.ZodType | undefined>;
}

type Tree = { readonly [key: string]: Tree };

/** The operations of docs/openapi.json, by `GET /audit/dumps`. */
export async function readOperations(): Promise<ReadonlyMap<string, Operation>> {
  const document = JSON.parse(await readFile(new URL('../../../docs/openapi.json', import.meta.url), 'utf8')) as Tree;
  const operations = new Map<string, Operation>();
  for (const [path, methods] of Object.entries(document.paths ?? {})) {
    for (const [name, operation] of Object.entries(methods)) {
      const answers = Object.entries(operation.responses ?? {}).map(([status, response]) => {
        const schema = (resolve(document, response) as Tree).content?.['application/json']?.schema;
        return [status, schema && z.fromJSONSchema(resolve(document, schema) as never)] as const;
      });
      const method = name.toUpperCase();
      operations.set(`${method} ${path}`, { method, path, answers: new Map(answers) });
    }
  }
  return operations;
}

/** What a part of the document is, with all that it refers to in its place. */
function resolve(document: Tree, part: unknown): unknown {
  if (Array.isArray(part)) return part.map((item) => resolve(document, item));
  if (typeof part !== 'object' || part === null) return part;
  const { $ref: reference } = part as { readonly $ref?: string };
  if (reference !== undefined) {
    const found = reference
      .split('/')
      .slice(1)
      .reduce<Tree | undefined>((tree, key) => tree?.[key], document);
    if (found === undefined) throw new Error(`docs/openapi.json has no ${reference}`);
    return resolve(document, found);
  }
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, resolve(document, value)]));
}
