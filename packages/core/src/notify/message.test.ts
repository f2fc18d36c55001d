import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { composeMessage } from './message.ts';
import type { Notification, NotificationOf } from './notification.ts';

const AT = '2026-11-27T02:00:07Z';

function failure(overrides: Partial<NotificationOf<'failure'>> = {}): Notification {
  const error = { name: 'NoSpace', message: 'the server has no room left' };
  return { kind: 'failure', at: AT, workflow: 'dump', execution: 'nightly-2026-11-27', error, ...overrides };
}

function overdue(key: string, total = 100): Notification {
  const dumps = Array.from({ length: 100 }, (_, index) => ({
    dumpId: index + 1,
    key,
    term: '2026-11-01T00:00:00Z',
    because: 'no expiry has deleted it',
  }));
  return { kind: 'overdue', at: AT, total, dumps };
}

/** Everything that is sent, by whatever channel. */
function allOf(notification: Notification): string {
  return JSON.stringify(composeMessage(notification));
}

test('a failure says what failed, why, and where to look', () => {
  const { subject, text } = composeMessage(
    failure({ source: 'crm', dumpId: 12, table: 'public.t04', key: 'dumps/SQL/crm/x' }),
  );
  expect(subject).toBe('DataSens: dump of crm failed: NoSpace');
  expect(text.split('\n')).toEqual([
    'dump of crm failed: NoSpace',
    'the server has no room left',
    'execution  nightly-2026-11-27',
    'dump       12',
    'source     crm',
    'table      public.t04',
    'key        dumps/SQL/crm/x',
    `at         ${AT}`,
  ]);
});

test('what has become of what failed is said, also where its own words are not', () => {
  const error = { name: 'ModelError', message: 'row 7' };
  const { text } = composeMessage(failure({ error, note: 'Its tables were restored from dump 12' }));
  expect(text).toMatch(/left out.*\nIts tables were restored from dump 12\nexecution/);
});

test('a retention that failed is not taken for a dump that failed', () => {
  const error = { name: 'Transient', message: 'another expiry is under way' };
  const { subject, text } = composeMessage({ kind: 'retention', at: AT, dumpId: 12, key: 'dumps/x', error });
  expect(subject).toBe('DataSens: the retention after dump 12 failed: Transient');
  expect(text).toMatch(/another expiry is under way\nthe dump is stored and registered/);
});

test('an approval says who wants what until when, and how to answer', () => {
  const { subject, text, slack } = composeMessage({
    kind: 'approval',
    at: AT,
    id: 'a-7',
    what: 'restore',
    target: 'crm',
    requestedBy: 'claire',
    sha256: 'ab'.repeat(32),
    expiresAt: '2026-11-28T02:00:00Z',
    links: [
      { approver: 'claire', url: 'https://x.example/a?t=1&y=a|b' },
      { approver: 'dora', url: 'https://x.example/r?t=1' },
    ],
  });
  expect(subject).toBe('DataSens: approval wanted: restore into crm');
  expect(text).toMatch(/^claire wants to restore into crm\nto answer: datasens approve a-7, or datasens reject a-7\n/);
  expect(text).toContain(`sha256     ${'ab'.repeat(32)}\nuntil      2026-11-28T02:00:00Z`);
  expect(text).toContain('for claire: https://x.example/a?t=1&y=a|b\nfor dora: https://x.example/r?t=1');
  const approve = '<https://x.example/a?t=1&amp;y=a%7Cb|for claire>';
  expect(slack.text.split('\n')).toContain(approve);
  expect(slack.blocks.map(({ text }) => text)).toContainEqual({ type: 'mrkdwn', text: approve, verbatim: true });
  expect(slack, 'nobody but a person follows them').toMatchObject({ unfurl_links: false, unfurl_media: false });
});

test('an approval of the undoing of a step says so', () => {
  const { subject } = composeMessage({
    kind: 'approval',
    at: AT,
    id: '7',
    what: 'step',
    target: 'crm',
    requestedBy: 'claire',
    sha256: 'ab'.repeat(32),
    expiresAt: AT,
  });
  expect(subject).toBe('DataSens: approval wanted: undo a guarded step in crm');
});

test('a subject is printable ASCII of less than 100 characters, whatever it is about', () => {
  const { subject } = composeMessage(failure({ source: `données\r\nBcc: x\u202e日 ${'s'.repeat(200)}` }));
  expect(subject).toMatch(/^DataSens: dump of donnees Bcc: x\\u\{202e\}\? s+\.\.\.$/);
  expect(subject).toHaveLength(99);
});

test.for([
  ['a tool', 'ToolFailed', 'pg_restore: error: COPY t, line 1: "Marie Curie"'],
  ['rejects', 'TooManyRejects', '1 row cannot be loaded. Nothing was loaded:\n- line 3: "Marie Curie" is no number'],
  ['the server', 'InvalidInput', 'PostgreSQL at db:5432/crm: invalid input syntax for type integer: "Marie Curie"'],
  ['an error that nobody foresaw', 'error', 'null value in row (Marie Curie)'],
  ['an error named after a method', 'toString', 'Marie Curie'],
] as const)('what %s says may quote rows, and is not told', ([, name, message]) => {
  const told = allOf(failure({ error: { name, message } }));
  expect(told).not.toContain('Curie');
  expect(told).toContain('the log of the execution has it');
});

test('what we say ourselves is told', () => {
  const said = 'PostgreSQL at db:5432/crm: the database system is shutting down';
  expect(composeMessage(failure({ error: { name: 'Transient', message: said } })).text).toContain(said);
});

test('no secret is told that an error should not have had', () => {
  const message =
    'cannot reach postgresql://claire:s3cret@db/x nor https://s3cret@host/, with AGE-SECRET-KEY-1S3CRETS3CRET';
  const told = allOf(failure({ error: { name: 'ConfigError', message } }));
  expect(told).toContain('postgresql://…@db/x nor https://…@host/, with AGE-SECRET-KEY-…');
  expect(told).not.toMatch(/s3cret/i);
});

test('a name makes no link, no mention, no format and no line of its own', () => {
  const key = 'inbox/<!channel> <https://evil.example|ok> & @here *b* ```\napprove: https://evil.example';
  const { text, slack } = composeMessage(failure({ key }));
  const shown =
    "inbox/&lt;!channel&gt; &lt;https://evil.example|ok&gt; &amp; @here *b* ''' approve: https://evil.example";
  expect(slack.text, 'a block of code, which ends where it should').toMatch(/^```\n(?:(?!```)[^<>])*\n```$/);
  expect(slack.text).toContain(shown);
  for (const block of slack.blocks) expect(block.text).toMatchObject({ type: 'plain_text', emoji: false });
  expect(JSON.stringify(slack.blocks)).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/);
  expect(text.split('\n').filter((line) => line.startsWith('approve'))).toEqual([]);
});

test('what would steer a terminal, or turn the direction of writing, is shown as what it is', () => {
  const { text } = composeMessage(failure({ key: 'a\u001b[2Jb\u202ecsv.exe' }));
  expect(text).toContain('key        a\\u{1b}[2Jb\\u{202e}csv.exe');
});

test('a long value is cut, between characters, and what is missing is said', () => {
  const error = { name: 'ConfigError', message: '😀'.repeat(1_200) };
  const { text } = composeMessage(failure({ error }));
  expect(text.split('\n')[1]).toBe(`${'😀'.repeat(1_000)}… (200 characters are left out)`);
});

test('of a long list so many are told as fit, and how many are not', () => {
  const { subject, text, slack } = composeMessage(overdue('&'.repeat(600), 12_345));
  expect(subject).toBe('DataSens: 12345 legal terms are overdue');
  const lines = text.split('\n');
  const told = lines.filter((line) => line.startsWith('dump ')).length;
  expect(told).toBeGreaterThan(3);
  expect(lines).toContain(`and ${12_345 - told} more, told by datasens expire --dry-run`);
  expect(text.length).toBeLessThan(4_500);
  expect(slack.blocks.length).toBeLessThanOrEqual(50);
  for (const block of slack.blocks) expect(block.text.text.length).toBeLessThanOrEqual(3_000);
});

test('a term of nobody knows when, and a file without a dump, are told as such', () => {
  const dumps = [{ dumpId: null, key: 'imported/x.csv', term: null, because: 'the mark of its deletion was altered' }];
  const { subject, text } = composeMessage({ kind: 'overdue', at: AT, total: 1, dumps });
  expect(subject).toBe('DataSens: 1 legal term is overdue');
  expect(text).toContain('a file, a term that cannot be read: the mark of its deletion was altered (imported/x.csv)');
});

test('the document shows what is sent', async () => {
  const document = await readFile(new URL('../../../../docs/notifications.md', import.meta.url), 'utf8');
  const error = { name: 'NoSpace', message: 'the server has no room left: free space there, then run this again' };
  const { subject, text, slack } = composeMessage(failure({ source: 'crm', error }));
  for (const block of [subject, text, JSON.stringify(slack, null, 2)]) expect(document).toContain(`\n${block}\n\`\`\``);
});
