import { AppError } from '../errors.ts';
import type { Tags } from './blob-store.ts';

const MAX_TAGS = 10;
const MAX_NAME = 128;
const MAX_VALUE = 256;

/** Throws `InvalidInput` for tags that S3 does not take (S3 user guide, "Categorizing your objects using tags"). */
export function checkTags(tags: Tags): void {
  const entries = Object.entries(tags);
  if (entries.length > MAX_TAGS) {
    throw new AppError('InvalidInput', `an object has at most ${MAX_TAGS} tags, got ${entries.length}`);
  }
  for (const [name, value] of entries) {
    if (name === '' || name.length > MAX_NAME || !isTagText(name)) {
      throw new AppError('InvalidInput', `the tag name ${JSON.stringify(name)} is not 1 to ${MAX_NAME} of ${ALLOWED}`);
    }
    if (value.length > MAX_VALUE || !isTagText(value)) {
      throw new AppError('InvalidInput', `the value of the tag ${name} is not at most ${MAX_VALUE} of ${ALLOWED}`);
    }
  }
}

const ALLOWED = 'letters of ASCII, digits, spaces and + - = . _ : / @';

function isTagText(text: string): boolean {
  return /^[A-Za-z0-9 +\-=._:/@]*$/.test(text);
}
