import type { SchemaElement } from 'hyparquet';
import { refuseDisagreement } from './annotations.ts';
import { MOST_LEVELS } from './limits.ts';
import { damaged, unsupported } from './refusal.ts';

/** An element of the schema in its place. */
export interface SchemaNode {
  readonly element: SchemaElement;
  /** From the top of the schema, itself included. */
  readonly path: readonly string[];
  /** The highest definition level that a value of it can have, and the highest repetition level. */
  readonly definition: number;
  readonly repetition: number;
  readonly children: readonly SchemaNode[];
  /** The columns of its values, in the file's order: from `firstLeaf`, as many as `leaves`. */
  readonly firstLeaf: number;
  readonly leaves: number;
}

/** The columns of a schema: what is below its root. Throws `InvalidInput` for a list of elements that is no tree. */
export function schemaColumns(schema: readonly SchemaElement[]): SchemaNode[] {
  let next = 1;
  let leaf = 0;
  const [root] = schema;
  if (root === undefined) throw damaged('it has no schema');
  const columns = childrenOf(root, { path: [], definition: 0, repetition: 0 });
  if (next !== schema.length) throw damaged('its schema has elements that belong to nothing');
  return columns;

  function childrenOf(
    { num_children: count = 0 }: SchemaElement,
    above: Pick<SchemaNode, 'path' | 'definition' | 'repetition'>,
  ): SchemaNode[] {
    if (count < 0 || count > schema.length - next) throw damaged('its schema is cut off');
    return Array.from({ length: count }, () => nodeBelow(above));
  }

  function nodeBelow({
    path,
    definition,
    repetition,
  }: Pick<SchemaNode, 'path' | 'definition' | 'repetition'>): SchemaNode {
    const element = schema[next];
    if (element === undefined) throw damaged('its schema is cut off');
    if (path.length === MOST_LEVELS) {
      throw unsupported(`column ${JSON.stringify(path[0])} is nested more than ${MOST_LEVELS} deep`, 'Flatten it');
    }
    next += 1;
    refuseDisagreement(element);
    const { repetition_type: kind, type, num_children: children = 0 } = element;
    const where = [...path, element.name].join('.');
    if (kind === undefined) throw damaged(`the schema does not say whether ${where} may be missing`);
    if ((type === undefined) !== children > 0) throw damaged(`${where} is neither a value nor a group`);
    const node = {
      element,
      path: [...path, element.name],
      definition: definition + (kind === 'REQUIRED' ? 0 : 1),
      repetition: repetition + (kind === 'REPEATED' ? 1 : 0),
      firstLeaf: leaf,
    };
    if (type !== undefined) leaf += 1;
    return { ...node, children: childrenOf(element, node), leaves: leaf - node.firstLeaf };
  }
}

/** The nodes with values of their own, in the file's order. */
export function leavesOf(node: SchemaNode): SchemaNode[] {
  return node.children.length === 0 ? [node] : node.children.flatMap(leavesOf);
}
