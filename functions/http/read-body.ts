import { MAX_BODY_BYTES, type UrlEvent } from '@datasens/core/http/function-url.ts';
import { HttpError } from '@datasens/core/http/http-error.ts';

/**
 * What the body says, as JSON or, where `forms` allows it, by the fields of a form. Throws `ContentTooLarge`,
 * `UnsupportedMediaType`, and `BadRequest` for what is not what its type says.
 */
export function readBody({ body = '', isBase64Encoded, headers }: UrlEvent, forms: boolean): unknown {
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.byteLength > MAX_BODY_BYTES) {
    throw new HttpError('ContentTooLarge', `expected ${MAX_BODY_BYTES} bytes at most`);
  }
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  switch (type.trim().toLowerCase()) {
    case 'application/json':
      return jsonOf(bytes);
    case 'application/x-www-form-urlencoded':
      if (forms) return fieldsOf(new URLSearchParams(bytes.toString('utf8')));
  }
  throw new HttpError('UnsupportedMediaType', 'expected content-type: application/json');
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new HttpError('BadRequest', 'the body is not JSON in UTF-8');
  }
}

/** Values by their names. Throws `BadRequest` for a name that comes twice: which one counts, readers disagree on. */
export function fieldsOf(params: URLSearchParams): Record<string, string> {
  const fields = new Map<string, string>();
  for (const [name, value] of params) {
    if (fields.has(name)) throw new HttpError('BadRequest', `${JSON.stringify(name)} is given twice`);
    fields.set(name, value);
  }
  return Object.fromEntries(fields);
}
