import { expect, test } from 'vitest';
import { fillDefinition, localValue } from './fill-definition.ts';

/** Not a template of ours. */
const placeholder = (name: string) => `$\{${name}}`;

test('placeholders become what they stand for, within JSON', () => {
  const text = `{"a": "${placeholder('function.check-restore')}", "b": "{% $split('${placeholder('task.subnets')}', ',') %}", "c": "$notOne"}`;
  expect(JSON.parse(fillDefinition(text, localValue))).toEqual({
    a: 'check-restore',
    b: "{% $split('local', ',') %}",
    c: '$notOne',
  });
  expect(JSON.parse(fillDefinition(`{"a": "${placeholder('x')}"}`, () => 'a "quoted" \\ one'))).toEqual({
    a: 'a "quoted" \\ one',
  });
});

test('one that nothing is is refused by its name', () => {
  const unknown = placeholder('functions.stage');
  expect(() => fillDefinition(`{"a": "${unknown}"}`, localValue)).toThrow(
    expect.objectContaining({ name: 'ConfigError', message: expect.stringContaining(unknown) }),
  );
});
