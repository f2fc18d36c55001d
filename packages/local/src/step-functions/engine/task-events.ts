import { findResource, type Resource } from '../definition/resources.ts';
import type { JsonObject } from '../json.ts';

/** The resource of a task that is in a definition that was found sound. */
export function taskResource(arn: string): Resource {
  const found = findResource(arn);
  if (!found) throw new Error(`expected a resource that is supported, got ${arn}`);
  return found;
}

/** How the events of a task name it. */
export function taskIdentity(arn: string): JsonObject & { resourceType: string; resource: string } {
  const { resourceType, resource } = taskResource(arn);
  return { resourceType, resource };
}
