/** For projects on S3: where no server can be had, which s3-setup.ts says loudly, each of their tests is skipped. */
import { beforeEach, inject } from 'vitest';

beforeEach(({ skip }) => skip(inject('s3Servers').length === 0, 'needs an S3 server'));
