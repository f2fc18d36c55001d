import type { FunctionsPlace } from './functions.ts';

/** What the guarded steps of the stage call: `steps.json`, which callers cannot add to. */
export function stepTargets({ stage, place }: FunctionsPlace) {
  const text = stage.files.DATASENS_STEPS;
  const { steps = {} } = JSON.parse(text ?? '{}') as {
    steps?: Record<string, { function?: string; machine?: string }>;
  };
  const rules = Object.values(steps);
  const functions = rules.flatMap((rule) => (rule.function === undefined ? [] : [functionArn(rule.function, place)]));
  const machines = rules.flatMap(({ machine }) => (machine === undefined ? [] : [$util.output(machine)]));
  return { functions, machines };
}

/** A name, with or without a version, is one of this account and region. */
function functionArn(name: string, { partition, region, account }: FunctionsPlace['place']): $util.Output<string> {
  if (name.startsWith('arn:')) return $util.output(name);
  return $interpolate`arn:${partition}:lambda:${region}:${account}:function:${name}`;
}
