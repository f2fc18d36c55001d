import { expect, test } from 'vitest';
import { expectLink, linksOf, signLink } from './link.ts';
import { type LinkSettings, parseLinkSettings } from './link-settings.ts';

const DATASENS_LINK_SECRET = 'x'.repeat(32);
const environment = {
  DATASENS_APPROVERS: 'claire, dora@example.org',
  DATASENS_LINK_SECRET,
  DATASENS_APPROVAL_URL: 'https://dumps.example/',
};
const settings = parseLinkSettings(environment) as LinkSettings;
const subject = { approvalId: 7, approver: 'claire', expires: 1_795_773_600 };
const before = new Date(subject.expires * 1_000 - 1);
const queryOf = (text: string) => {
  const { approver = '', expires, signature = '' } = Object.fromEntries(new URLSearchParams(text));
  return { approvalId: 7, approver, expires: Number(expires), signature };
};
const link = queryOf(signLink(settings, 'GET', subject));

test('a link is of the approver whom it was signed for, until its time is over', () => {
  expect(expectLink(settings, 'GET', link, before)).toBe('claire');
  const over = new Date(subject.expires * 1_000);
  expect(() => expectLink(settings, 'GET', link, over)).toThrow('the time of this link is over');
});

test.for([
  ['another approval', { approvalId: 8 }],
  ['another approver', { approver: 'dora@example.org' }],
  ['more time', { expires: subject.expires + 1 }],
  ['no signature', { signature: '' }],
  ['another signature', { signature: Buffer.alloc(32).toString('base64url') }],
  ['a longer signature', { signature: `${link.signature}AA` }],
] as const)('a link that was altered is refused: %s', ([, altered]) => {
  expect(() => expectLink(settings, 'GET', { ...link, ...altered }, before)).toThrow('not one of ours');
});

test('a link to look at a request decides nothing, and none of another secret does anything', () => {
  expect(() => expectLink(settings, 'POST', link, before)).toThrow('not one of ours');
  const other = { ...settings, secret: () => 'y'.repeat(32) };
  expect(() => expectLink(other, 'GET', link, before)).toThrow('not one of ours');
});

test('who is struck off the list has no link any more', () => {
  const later = { ...settings, approvers: ['dora@example.org'] };
  expect(() => expectLink(later, 'GET', link, before)).toThrow('claire approves nothing any more');
});

test('each approver has a link of their own, but the one who asks', () => {
  const request = { approvalId: 7, requestedBy: 'Claire', expiresAt: '2026-11-27T10:00:00.25Z' };
  const links = linksOf(settings, request);
  expect(links).toMatchObject([{ approver: 'dora@example.org' }]);
  const [{ url } = { url: '' }] = links;
  const { origin, pathname, search } = new URL(url);
  expect(origin + pathname).toBe('https://dumps.example/approval/7');
  expect(expectLink(settings, 'GET', queryOf(search), new Date('2026-11-27T10:00:00Z'))).toBe('dora@example.org');
  expect(linksOf({ approvers: settings.approvers, secret: settings.secret }, request)).toEqual([]);
  const principal = { ...request, requestedBy: 'arn:aws:iam::123456789012:user/claire' };
  expect(linksOf(settings, principal)).toEqual(links);
  expect(linksOf(undefined, request)).toEqual([]);
});

test.for([
  [{ DATASENS_APPROVERS: '' }, 'expected both, or none'],
  [{ DATASENS_LINK_SECRET: '' }, 'expected both, or none'],
  [{ DATASENS_LINK_SECRET: 'short-and-secret' }, 'DATASENS_LINK_SECRET: expected 32 bytes'],
  [{ DATASENS_APPROVERS: 'claire,,dora' }, 'DATASENS_APPROVERS'],
  [{ DATASENS_APPROVERS: 'claire,claire' }, 'DATASENS_APPROVERS'],
  [{ DATASENS_APPROVERS: 'a b' }, 'DATASENS_APPROVERS'],
  [{ DATASENS_APPROVAL_URL: 'http://dumps.example' }, 'DATASENS_APPROVAL_URL: expected https://'],
  [{ DATASENS_APPROVAL_URL: 'https://u:p@dumps.example' }, 'DATASENS_APPROVAL_URL'],
  [{ DATASENS_APPROVAL_URL: 'http://127.evil.example' }, 'DATASENS_APPROVAL_URL'],
] as const)('settings that do not do are refused, and no secret is repeated: %j', ([changed, message]) => {
  const parse = () => parseLinkSettings({ ...environment, ...changed });
  expect(parse).toThrow(message);
  expect(parse).not.toThrow(/short-and-secret|xxxx/);
});

test('what is printed of settings has no secret in it; nothing set is nothing', () => {
  expect(JSON.stringify(settings)).not.toContain('xxxx');
  expect(parseLinkSettings({ DATASENS_APPROVAL_URL: 'https://dumps.example' })).toBeUndefined();
});
