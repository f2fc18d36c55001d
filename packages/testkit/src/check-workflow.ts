import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseDefinition } from '@datasens/local/step-functions/definition/parse-definition.ts';
import { fillDefinition, localValue } from '@datasens/local/workflows/fill-definition.ts';
import validate from 'asl-validator';

/** The definitions that are shipped, by path. */
export function shippedWorkflows(): string[] {
  return globSync(fileURLToPath(new URL('../../../workflows/*.asl.json', import.meta.url))).sort();
}

/**
 * Holds a definition against asl-validator, which others wrote, and against what our own interpreter takes, which sees
 * what that one misses. Placeholders have the values of this machine. Throws with every problem.
 */
export async function checkWorkflow(path: string): Promise<void> {
  const problems: string[] = [];
  const text = fillDefinition(await readFile(path, 'utf8'), (placeholder) => {
    const value = localValue(placeholder);
    if (value === undefined) problems.push(`\${${placeholder}} is nothing on this machine`);
    return value ?? 'unknown';
  });
  problems.push(...definitionProblems(text));
  if (problems.length > 0) throw new Error([path, ...problems].join('\n  '));
}

/** What asl-validator and our own interpreter have against a definition whose placeholders are filled in. */
export function definitionProblems(text: string): string[] {
  const problems: string[] = [];
  problems.push(...problemsOf(() => parseDefinition(text)));
  problems.push(...problemsOf(() => expectValid(JSON.parse(text))));
  return problems;
}

function expectValid(definition: unknown): void {
  const { errors } = validate(definition);
  if (errors.length === 0) return;
  throw new Error(`asl-validator: ${errors.map((error) => `${error['Error code']}: ${error.Message}`).join(', ')}`);
}

function problemsOf(check: () => unknown): string[] {
  try {
    check();
    return [];
  } catch (error) {
    return [String(error)];
  }
}
