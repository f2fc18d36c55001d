import type { HttpAnswer } from '@datasens/core/http/answer.ts';
import type { ToldError } from '@datasens/core/http/http-error.ts';
import { html } from './html.ts';
import { page } from './page.ts';

/** What a person reads who has followed a link that does not do. */
export function errorPage({ status, headers, name, message }: ToldError): HttpAnswer {
  const shown = page(status, name, html`<p>${message}</p>`);
  return { ...shown, headers: { ...shown.headers, ...headers } };
}
