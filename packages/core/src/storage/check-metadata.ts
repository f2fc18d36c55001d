import { AppError } from '../errors.ts';
import type { Metadata } from './blob-store.ts';

/** What comes before a name in a request to S3: AWS does not count it, MinIO does. */
const HEADER_PREFIX_BYTES = 'x-amz-meta-'.length;
/** S3 takes 2 KB (S3 user guide, "User-defined object metadata"), of which 61 bytes are the S3 store's own. */
const MAX_METADATA_BYTES = 2_048 - 61;

/**
 * Throws `InvalidInput` unless every store can carry `metadata` unchanged: names of `a-z 0-9 -`, values of printable
 * ASCII without surrounding spaces (HTTP trims them), 1,987 bytes in all, each entry 11 bytes longer than its text.
 */
export function checkMetadata(metadata: Metadata): void {
  let sizeBytes = 0;
  for (const [name, value] of Object.entries(metadata)) {
    if (!/^[a-z0-9-]+$/.test(name))
      throw new AppError('InvalidInput', `metadata name ${JSON.stringify(name)} is not a-z 0-9 -`);
    if (!/^[\x20-\x7e]*$/.test(value) || value.trim() !== value) {
      throw new AppError('InvalidInput', `the metadata value of ${name} is not trimmed printable ASCII`);
    }
    sizeBytes += HEADER_PREFIX_BYTES + name.length + value.length;
  }
  if (sizeBytes > MAX_METADATA_BYTES) {
    throw new AppError(
      'InvalidInput',
      `the metadata has ${sizeBytes} bytes, at most ${MAX_METADATA_BYTES} are allowed`,
    );
  }
}
