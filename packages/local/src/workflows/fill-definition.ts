import { AppError } from '@datasens/core/errors.ts';
import { machineArn } from '../step-functions/arns.ts';

/**
 * A definition of workflows/ with its placeholders, such as `${function.stage}`, filled in: the names of functions and of
 * tasks, which every place has of its own. Throws `ConfigError` for one that has no value.
 */
export function fillDefinition(text: string, fill: (placeholder: string) => string | undefined): string {
  return text.replace(/\$\{([^}]*)\}/g, (_, placeholder: string) => {
    const value = fill(placeholder);
    if (value === undefined)
      throw new AppError('ConfigError', `a state machine names \${${placeholder}}, which nothing is`);
    // It stands in a JSON string.
    return JSON.stringify(value).slice(1, -1);
  });
}

/** What the placeholders are on this machine: functions have their own names, and a task needs no network to be placed in. */
export function localValue(placeholder: string): string | undefined {
  const [, kind, name = ''] = /^(function|task|machine)\.([\w-]+)$/.exec(placeholder) ?? [];
  if (kind === 'function') return name;
  if (kind === 'machine') return machineArn(name);
  return kind === 'task' ? 'local' : undefined;
}
