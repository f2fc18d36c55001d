import { createHash } from 'node:crypto';
import { type HttpAnswer, pageAnswer } from '@datasens/core/http/answer.ts';
import { type Html, html } from './html.ts';

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem}pre{white-space:pre-wrap;overflow-wrap:anywhere}textarea{width:100%}';

/** Nothing but this style, and forms to where it came from. */
const CSP = `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; form-action 'self'`;

/** A page without a script, and nothing to load. */
export function page(status: number, title: string, content: Html): HttpAnswer {
  const { text } = html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="robots" content="noindex"><meta name="viewport" content="width=device-width">
<title>DataSens: ${title}</title></head>
<body><h1>${title}</h1>
${content}
</body>
</html>
`;
  return pageAnswer(
    status,
    text.replace('</title>', () => `</title><style>${STYLE}</style>`),
    CSP,
  );
}
