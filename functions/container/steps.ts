import type { Context } from 'aws-lambda';

type Step = (event: unknown, context: Context) => Promise<unknown>;

/** The steps that may take longer than a Lambda function is given (design, section 6). */
const STEPS: Readonly<Record<string, () => Promise<{ readonly handler: unknown }>>> = {
  stage: () => import('../stage.ts'),
  verify: () => import('../verify.ts'),
  inspect: () => import('../inspect.ts'),
  import: () => import('../import.ts'),
  settle: () => import('../settle.ts'),
  expire: () => import('../expire.ts'),
  reconcile: () => import('../reconcile.ts'),
  restore: () => import('../restore.ts'),
  prove: () => import('../prove.ts'),
};

/** Their names. */
export const STEP_NAMES: readonly string[] = Object.keys(STEPS);

/** Loads a step by its name, and nothing else. */
export async function loadStep(name: string): Promise<Step> {
  const load = Object.hasOwn(STEPS, name) ? STEPS[name] : undefined;
  if (!load) throw new Error(`expected one of ${STEP_NAMES.join(', ')}, got ${JSON.stringify(name)}`);
  return (await load()).handler as Step;
}
