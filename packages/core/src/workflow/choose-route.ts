import * as z from 'zod';

/** Where a step of a workflow runs: as a Lambda function, or in the same image as a task of ECS, which has no deadline. */
export const Route = z.enum(['lambda', 'task']);
export type Route = z.infer<typeof Route>;

/** A Lambda function has 15 minutes (AWS Lambda quotas), of which the last are for undoing what is not done. */
const LAMBDA_SECONDS = 13 * 60;

/**
 * What a step gets through in a second, in bytes of the database or of the file, on a function that shares its network
 * and waits for a server: a fifth of what docs/benchmarks.md has from one machine. A step that needs longer after all
 * falls over to a task.
 */
const BYTES_PER_SECOND = { dump: 30_000_000, restore: 12_000_000, import: 8_000_000 } as const;

export function chooseRoute(work: keyof typeof BYTES_PER_SECOND, sizeBytes: number): Route {
  return sizeBytes > BYTES_PER_SECOND[work] * LAMBDA_SECONDS ? 'task' : 'lambda';
}
