import type { HttpAnswer } from '@datasens/core/http/answer.ts';
import { HttpError } from '@datasens/core/http/http-error.ts';
import type * as z from 'zod';
import type { Call } from '../task/step.ts';

/** A request that has found its route, with what the route's schemas have made of it. */
export interface Asked<Query, Body> {
  readonly query: Query;
  readonly body: Body;
  /** What stands for `{name}` in the path. */
  readonly path: Readonly<Record<string, string>>;
  /** Who calls; empty where the route is for whoever has a link. */
  readonly caller: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** What is answered to one method of one path. */
export interface Route<Query = unknown, Body = unknown> {
  readonly method: 'GET' | 'POST';
  /** `/audit/dumps`, with `{name}` for a segment that may be anything. */
  readonly path: string;
  /** Whether whoever calls must be known. */
  readonly caller: 'known' | 'anybody';
  readonly query: z.ZodType<Query>;
  /** Absent where none is read. */
  readonly body?: z.ZodType<Body>;
  /** Whether a body may come from a form of a page, too. */
  readonly forms?: boolean;
  answer(call: Call, asked: Asked<Query, Body>): Promise<HttpAnswer>;
}

/** Its types are known to itself alone. */
export type AnyRoute = Omit<Route, 'answer'> & { answer(call: Call, asked: Asked<never, never>): Promise<HttpAnswer> };

/** Gives a route its types. */
export function route<Query, Body>(given: Route<Query, Body>): AnyRoute {
  return given as AnyRoute;
}

/**
 * The route of a request, and what stands in its path. HEAD is GET whose answer loses its body. Throws `NotFound`, and
 * `MethodNotAllowed` with the methods that are.
 */
export function findRoute(
  routes: readonly AnyRoute[],
  method: string,
  rawPath: string,
): { readonly route: AnyRoute; readonly path: Readonly<Record<string, string>> } {
  const segments = segmentsOf(rawPath);
  const here = routes.flatMap((candidate) => {
    const path = match(candidate.path.split('/').slice(1), segments);
    return path ? [{ route: candidate, path }] : [];
  });
  if (here.length === 0) throw new HttpError('NotFound', 'there is nothing at this path: docs/openapi.json has them');
  const wanted = method === 'HEAD' ? 'GET' : method;
  const found = here.find((candidate) => candidate.route.method === wanted);
  if (found) return found;
  const allow = here.map((candidate) => candidate.route.method).join(', ');
  throw new HttpError('MethodNotAllowed', `expected ${allow}`, { allow });
}

function segmentsOf(rawPath: string): string[] {
  try {
    return rawPath.split('/').slice(1).map(decodeURIComponent);
  } catch {
    throw new HttpError('BadRequest', 'the path has an escape that is none');
  }
}

function match(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const path: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const segment = segments[index] ?? '';
    const [, name] = /^\{(\w+)\}$/.exec(expected) ?? [];
    if (name !== undefined && segment !== '') path[name] = segment;
    else if (segment !== expected) return undefined;
  }
  return path;
}
