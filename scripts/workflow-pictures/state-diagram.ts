import { isExpression, sourceOf } from '@datasens/local/step-functions/definition/expression.ts';
import {
  innerStates,
  type State,
  type StateMachine,
  type States,
} from '@datasens/local/step-functions/definition/state-machine.ts';

/** Longer labels make the picture wider than the page. */
const LONGEST_LABEL = 48;

/** A state machine as a diagram of Mermaid, https://mermaid.js.org/syntax/stateDiagram.html. */
export function stateDiagram(machine: StateMachine): string {
  return ['stateDiagram-v2', ...indented(drawStates(machine))].join('\n');
}

function drawStates({ StartAt, States }: States): string[] {
  const lines = [`[*] --> ${idOf(StartAt)}`];
  for (const [name, state] of Object.entries(States)) {
    lines.push(...drawState(name, state));
    for (const [to, ways] of Map.groupBy(waysOut(state), (way) => way.to)) {
      const end = to === undefined ? '[*]' : idOf(to);
      lines.push(`${idOf(name)} --> ${end}${labelOf(ways)}`);
    }
  }
  return lines;
}

function drawState(name: string, state: State): string[] {
  const title = state.Type === 'Map' ? `${name}, for each item` : name;
  const line = `state "${textOf(title)}" as ${idOf(name)}`;
  const inside = innerStates(state).map(({ states }) => drawStates(states));
  if (inside.length === 0) return [line];
  // Branches stand side by side, with a line between them.
  const regions = inside.flatMap((region, index) => (index === 0 ? region : ['--', ...region]));
  return [`${line} {`, ...indented(regions), '}'];
}

interface WayOut {
  /** The end of the sequence where it is none. */
  readonly to: string | undefined;
  readonly label?: string;
}

function waysOut(state: State): WayOut[] {
  switch (state.Type) {
    case 'Succeed':
    case 'Fail':
      return [{ to: undefined }];
    case 'Choice':
      return [
        ...state.Choices.map(({ Condition, Next }) => ({ to: Next, label: conditionOf(Condition) })),
        ...(state.Default === undefined ? [] : [{ to: state.Default, label: 'otherwise' }]),
      ];
    default: {
      const catchers = 'Catch' in state ? (state.Catch ?? []) : [];
      return [
        { to: state.Next },
        ...catchers.map(({ ErrorEquals, Next }) => ({ to: Next, label: onErrors(ErrorEquals) })),
      ];
    }
  }
}

/** Of all the ways to one state. */
function labelOf(ways: readonly WayOut[]): string {
  const labels = ways.flatMap(({ label }) => label ?? []);
  if (labels.length === 0) return '';
  return `: ${labels.length < ways.length ? 'also ' : ''}${labels.map(textOf).join(' or ')}`;
}

function onErrors(names: readonly string[]): string {
  if (names.includes('States.ALL')) return 'on any error';
  const [first, second, ...more] = names;
  if (more.length === 0) return `on ${names.join(' or ')}`;
  return `on ${first}, ${second} or ${more.length} more`;
}

function conditionOf(condition: boolean | string): string {
  return isExpression(condition) ? sourceOf(condition).replaceAll('$states.', '') : String(condition);
}

/** On one line, and without a character that Mermaid might take for its own. */
function textOf(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  const short = line.length > LONGEST_LABEL ? `${line.slice(0, LONGEST_LABEL - 1)}…` : line;
  return short.replaceAll(/[^\p{L}\p{N} .,=$'…-]/gu, (character) => `#${character.codePointAt(0)};`);
}

/** Names are unique in a machine; none of these is a word of Mermaid's. */
function idOf(name: string): string {
  return `s_${name.replaceAll(/[^A-Za-z0-9]/g, (character) => `_${character.codePointAt(0)}_`)}`;
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
