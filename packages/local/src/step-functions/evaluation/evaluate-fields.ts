import jsonata, { type Expression } from 'jsonata';
import { isExpression, sourceOf } from '../definition/expression.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { addStepFunctions } from './step-functions.ts';

/** A field of a state, as the definition has it, and its name: `Arguments`, `Catch/0/Output`. */
export interface Field {
  readonly name: string;
  readonly value: Json;
}

export type Evaluation = { readonly values: Json[] } | { readonly failed: { name: string; cause: string } };

const CACHE_SIZE = 1_000;
const compiled = new Map<string, Expression>();

/**
 * The fields with their expressions replaced by what these come to, each on its own. What AWS says where one fails:
 * Developer Guide, "Transforming data with JSONata", "Handling errors with JSONata expressions".
 */
export async function evaluateFields(fields: readonly Field[], bindings: JsonObject): Promise<Evaluation> {
  const values: Json[] = [];
  for (const { name, value } of fields) {
    try {
      values.push(await evaluateValue(value, name, bindings));
    } catch (error) {
      if (error instanceof ExpressionFailure) return { failed: { name: error.place, cause: error.message } };
      throw error;
    }
  }
  return { values };
}

class ExpressionFailure extends Error {
  readonly place: string;

  constructor(source: string, place: string, what: string) {
    super(`The JSONata expression '${source}' specified for the field '${place}' ${what}`);
    this.name = 'ExpressionFailure';
    this.place = place;
  }
}

async function evaluateValue(value: Json, place: string, bindings: JsonObject): Promise<Json> {
  if (isExpression(value)) return await evaluateExpression(sourceOf(value), place, bindings);
  if (Array.isArray(value)) {
    const items: Json[] = [];
    for (const [index, item] of value.entries()) items.push(await evaluateValue(item, `${place}[${index}]`, bindings));
    return items;
  }
  if (!isJsonObject(value)) return value;
  const entries: [string, Json][] = [];
  for (const [key, item] of Object.entries(value)) {
    entries.push([key, await evaluateValue(item, `${place}/${key}`, bindings)]);
  }
  return Object.fromEntries(entries);
}

async function evaluateExpression(source: string, place: string, bindings: JsonObject): Promise<Json> {
  let text: string | undefined;
  try {
    text = JSON.stringify(await compile(source).evaluate(undefined, bindings), withoutFunctions);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    throw new ExpressionFailure(
      source,
      place,
      `threw an error during evaluation. ${code === undefined ? '' : `${code}: `}${message}`,
    );
  }
  if (text === undefined) throw new ExpressionFailure(source, place, 'returned nothing (undefined).');
  return JSON.parse(text) as Json;
}

function compile(source: string): Expression {
  const known = compiled.get(source);
  if (known) return known;
  const expression = jsonata(source);
  addStepFunctions(expression);
  if (compiled.size >= CACHE_SIZE) compiled.clear();
  compiled.set(source, expression);
  return expression;
}

/** A function is nothing that JSON could hold. */
function withoutFunctions(_key: string, value: unknown): unknown {
  const { _jsonata_lambda: lambda, _jsonata_function: native } = (value ?? {}) as Record<string, unknown>;
  return lambda || native ? undefined : value;
}
