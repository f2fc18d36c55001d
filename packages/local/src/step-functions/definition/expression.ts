import jsonata from 'jsonata';
import { isJsonObject, type Json } from '../json.ts';
import { pointer } from './problem.ts';

/** A string that JSONata is evaluated in: Amazon States Language specification, "JSONata". */
export function isExpression(value: Json | undefined): value is `{%${string}%}` {
  return typeof value === 'string' && value.startsWith('{%') && value.endsWith('%}') && value.length >= 4;
}

/** What is between the delimiters. */
export function sourceOf(expression: string): string {
  return expression.slice(2, -2).trim();
}

/** The strings in a value, however deep, with their places. */
export function* stringsIn(value: Json | undefined, place = ''): Generator<{ text: string; place: string }> {
  if (typeof value === 'string') yield { text: value, place };
  else if (Array.isArray(value))
    for (const [index, item] of value.entries()) yield* stringsIn(item, place + pointer(index));
  else if (isJsonObject(value)) {
    for (const [key, item] of Object.entries(value)) yield* stringsIn(item, place + pointer(key));
  }
}

/** What an expression refers to. */
export interface References {
  /** Variables and functions that it does not bind itself, without `$`. */
  readonly names: ReadonlySet<string>;
  /** The fields of `$states` that it reads, each as the keys on the way: `['context', 'Task', 'Token']`. */
  readonly states: readonly (readonly string[])[];
}

/** Throws the error of JSONata, with its `message`, where the text is not an expression. */
export function referencesOf(source: string): References {
  const used = new Set<string>();
  const bound = new Set<string>();
  const states: string[][] = [];
  visit(jsonata(source).ast() as unknown as Json, (node) => {
    const { type, value } = node;
    if (type === 'variable' && typeof value === 'string') used.add(value);
    if (type === 'path') states.push(...statesPath(node.steps));
    if (type === 'bind' && isJsonObject(node.lhs)) bind(bound, node.lhs.value);
    if (type === 'lambda' && Array.isArray(node.arguments)) {
      for (const argument of node.arguments) if (isJsonObject(argument)) bind(bound, argument.value);
    }
    bind(bound, node.focus);
    bind(bound, node.index);
  });
  // The context and the input: $ and $$.
  return { names: new Set([...used].filter((name) => name !== '' && name !== '$' && !bound.has(name))), states };
}

function bind(names: Set<string>, name: Json | undefined): void {
  if (typeof name === 'string') names.add(name);
}

function statesPath(steps: Json | undefined): string[][] {
  if (!Array.isArray(steps)) return [];
  const [head, ...rest] = steps.filter(isJsonObject);
  if (head?.type !== 'variable' || head.value !== 'states') return [];
  const end = rest.findIndex(({ type }) => type !== 'name');
  return [(end < 0 ? rest : rest.slice(0, end)).map(({ value }) => String(value))];
}

function visit(node: Json, look: (node: { [key: string]: Json }) => void): void {
  if (Array.isArray(node)) for (const item of node) visit(item, look);
  else if (isJsonObject(node)) {
    look(node);
    for (const item of Object.values(node)) visit(item, look);
  }
}
