import type { ScriptedAnswer } from './scripted-server.ts';

/** What SNS answers in the XML of the Query protocol (Amazon SNS API reference, "Publish"). */
export const PUBLISHED: ScriptedAnswer = document(
  200,
  'PublishResponse',
  '<PublishResult><MessageId>94f20ce6-13c5-43a0-9a9e-ca52d816e90b</MessageId></PublishResult>',
);

/** The same of a refusal, whose message names who asked (Amazon SNS API reference, "Common errors"). */
export function snsRefusal(
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): ScriptedAnswer {
  const message = '<Message>User: arn:aws:iam::123456789012:user/s3cret</Message>';
  return document(status, 'ErrorResponse', `<Error><Type>Sender</Type><Code>${code}</Code>${message}</Error>`, headers);
}

function document(
  status: number,
  root: string,
  content: string,
  headers: Readonly<Record<string, string>> = {},
): ScriptedAnswer {
  const body = `<${root} xmlns="http://sns.amazonaws.com/doc/2010-03-31/">${content}</${root}>`;
  return { status, headers: { 'content-type': 'text/xml', ...headers }, body };
}
