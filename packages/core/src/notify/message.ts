import type { Notification, NotificationOf } from './notification.ts';
import { asciiSubject, oneLine } from './plain-text.ts';
import { type SlackLink, type SlackPayload, slackPayload } from './slack-payload.ts';
import { tellError } from './tell-error.ts';

/** A notification as the channels send it. */
export interface Message {
  readonly kind: Notification['kind'];
  /** At most 99 characters of printable ASCII. */
  readonly subject: string;
  /** At most 4,000 characters and, with what is said of the rest, a few more. */
  readonly text: string;
  readonly slack: SlackPayload;
}

/**
 * Where a list ends, in characters. Values are bounded by themselves, so that nothing else comes near it; SNS takes
 * 262,144 bytes, and Slack cuts a text at 40,000 characters ("Truncating content", Slack API).
 */
const MAX_LIST = 4_000;
const MAX_ERROR = 1_000;

interface Draft {
  readonly subject: string;
  readonly lines: readonly string[];
  readonly links?: readonly SlackLink[];
}

/** Words for people. It holds no secret and no row, whatever the notification quotes, and nothing that steers a reader. */
export function composeMessage(notification: Notification): Message {
  const { subject, lines, links = [] } = draftOf(notification);
  return {
    kind: notification.kind,
    subject: asciiSubject(`DataSens: ${subject}`),
    text: [...lines, ...links.map(({ label, url }) => `${label}: ${url}`)].join('\n'),
    slack: slackPayload(lines, links),
  };
}

function draftOf(notification: Notification): Draft {
  switch (notification.kind) {
    case 'failure':
      return failure(notification);
    case 'retention':
      return retention(notification);
    case 'approval':
      return approval(notification);
    case 'overdue':
      return overdue(notification);
    case 'test': {
      const from = oneLine(notification.from);
      return { subject: 'a test', lines: [`a test of the notifications, by ${from}`, ...facts(notification, ['at'])] };
    }
  }
}

function failure(notification: NotificationOf<'failure'>): Draft {
  const { workflow, source, error, note } = notification;
  const what = `${oneLine(workflow)}${source === undefined ? '' : ` of ${oneLine(source)}`} failed: ${oneLine(error.name)}`;
  const named = facts(notification, ['execution', 'dumpId', 'source', 'table', 'key', 'at']);
  const noted = note === undefined ? [] : [oneLine(note, MAX_ERROR)];
  return { subject: what, lines: [what, oneLine(tellError(error), MAX_ERROR), ...noted, ...named] };
}

function retention(notification: NotificationOf<'retention'>): Draft {
  const { dumpId, error } = notification;
  const what = `the retention after dump ${dumpId} failed: ${oneLine(error.name)}`;
  return {
    subject: what,
    lines: [
      what,
      oneLine(tellError(error), MAX_ERROR),
      'the dump is stored and registered; older ones stay until datasens expire',
      ...facts(notification, ['dumpId', 'key', 'execution', 'at']),
    ],
  };
}

function approval(notification: NotificationOf<'approval'>): Draft {
  const { what, target, requestedBy, id, links = [] } = notification;
  const doing = what === 'step' ? 'undo a guarded step in' : `${what} into`;
  return {
    subject: `approval wanted: ${doing} ${oneLine(target)}`,
    lines: [
      `${oneLine(requestedBy)} wants to ${doing} ${oneLine(target)}`,
      `to answer: datasens approve ${id}, or datasens reject ${id}`,
      ...facts(notification, ['sha256', 'expiresAt', 'at']),
    ],
    links: links.map(({ approver, url }) => ({ label: `for ${oneLine(approver)}`, url })),
  };
}

function overdue(notification: NotificationOf<'overdue'>): Draft {
  const { total, dumps } = notification;
  const what = `${total} ${total === 1 ? 'legal term is' : 'legal terms are'} overdue`;
  const listed: string[] = [];
  let length = 0;
  for (const { dumpId, key, term, because } of dumps) {
    const ended = term === null ? 'a term that cannot be read' : `since ${term}`;
    const line = `${dumpId === null ? 'a file' : `dump ${dumpId}`}, ${ended}: ${oneLine(because)} (${oneLine(key)})`;
    length += line.length + 1;
    if (length > MAX_LIST) break;
    listed.push(line);
  }
  const left = total - listed.length;
  const rest = left > 0 ? [`and ${left} more, told by datasens expire --dry-run`] : [];
  return { subject: what, lines: [what, ...listed, ...rest, ...facts(notification, ['at'])] };
}

const LABELS = {
  execution: 'execution',
  dumpId: 'dump',
  source: 'source',
  table: 'table',
  key: 'key',
  sha256: 'sha256',
  expiresAt: 'until',
  at: 'at',
} as const;

/** `execution  nightly-2026-11-27`, one line for each that is there. */
function facts(values: Notification, names: readonly (keyof typeof LABELS)[]): string[] {
  return names.flatMap((name) => {
    const value = (values as { readonly [key in typeof name]?: string | number })[name];
    return value === undefined ? [] : [`${LABELS[name].padEnd(9)}  ${oneLine(String(value))}`];
  });
}
