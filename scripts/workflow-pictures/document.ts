import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseDefinition } from '@datasens/local/step-functions/definition/parse-definition.ts';
import { fillDefinition, localValue } from '@datasens/local/workflows/fill-definition.ts';
import { shippedWorkflows } from '@datasens/testkit/check-workflow.ts';
import { stateDiagram } from './state-diagram.ts';

export const DOCUMENT = join(import.meta.dirname, '../../docs/workflows.md');

const BEGIN = '<!-- pictures: by npm run docs:workflows -->';
const END = '<!-- pictures: end -->';

/** The text of docs/workflows.md, with a picture of each definition that is shipped in its place. */
export async function withPictures(before: string): Promise<string> {
  const [head, rest = ''] = before.split(BEGIN);
  const tail = rest.split(END)[1];
  if (tail === undefined) throw new Error(`${DOCUMENT} has no place for the pictures: ${BEGIN} … ${END}`);
  const pictures = await Promise.all(shippedWorkflows().map(picture));
  return [`${head}${BEGIN}`, ...pictures, `${END}${tail}`].join('\n\n');
}

async function picture(path: string): Promise<string> {
  const text = fillDefinition(await readFile(path, 'utf8'), localValue);
  const { Comment = '' } = JSON.parse(text) as { readonly Comment?: string };
  const diagram = stateDiagram(parseDefinition(text));
  return `## ${basename(path, '.asl.json')}\n\n${Comment}\n\n\`\`\`mermaid\n${diagram}\n\`\`\``;
}
