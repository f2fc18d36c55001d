/** A resource as the stack registers it, with all its inputs known; `{secret: …}` where it says that a value is one. */
export interface Resource {
  readonly type: string;
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: as many shapes as AWS has
  readonly inputs: any;
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
}

export type Graph = readonly Resource[];

/** Those of a type, such as `lambda/function`. */
export function ofType(graph: Graph, type: string): Resource[] {
  const name = type.split('/').at(-1) ?? '';
  const whole = `aws:${type}:${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  return graph.filter((resource) => resource.type === whole);
}

/** The one of a type, or that of this logical name. Throws where there is none, or more than one. */
export function one(graph: Graph, type: string, name?: string): Resource {
  const found = ofType(graph, type).filter((resource) => name === undefined || resource.name === name);
  const [resource] = found;
  if (resource && found.length === 1) return resource;
  throw new Error(`expected one ${type} ${name ?? ''}, got ${found.map((each) => each.name).join(', ') || 'none'}`);
}
