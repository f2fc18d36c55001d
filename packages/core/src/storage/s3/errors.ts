import { AppError, type ErrorName, isAppError } from '../../errors.ts';
import type { Bucket } from './client.ts';

/** What the SDK tells of a failure; the rest of its error may quote the request's signature, and is not passed on. */
export interface S3Failure {
  /** The server's code (S3 API reference, "Error responses"), or that of the connection. */
  readonly code: string;
  /** Absent where no answer came. */
  readonly status: number | undefined;
  readonly message: string;
  readonly requestId: string | undefined;
  /** The region of the bucket, where the answer names it. */
  readonly region: string | undefined;
}

export function failureOf(error: unknown): S3Failure | undefined {
  if (!(error instanceof Error) || isAppError(error)) return undefined;
  const { $metadata, $response, Code, code, Region } = error as Error & {
    readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
    readonly $response?: { readonly statusCode?: number; readonly headers?: Readonly<Record<string, string>> };
    readonly Code?: string;
    readonly code?: string;
    readonly Region?: string;
  };
  return {
    code: Code ?? code ?? error.name,
    status: $metadata?.httpStatusCode ?? $response?.statusCode,
    message: error.message,
    requestId: $metadata?.requestId,
    region: $response?.headers?.['x-amz-bucket-region'] ?? Region,
  };
}

type Explanation = readonly [name: ErrorName, said: string];

const CREDENTIALS: Explanation = [
  'NotAllowed',
  'the credentials are not accepted: check AWS_ACCESS_KEY_ID, its secret and its AWS_SESSION_TOKEN, if it has one',
];
const EXPIRED: Explanation = ['NotAllowed', 'the credentials have expired: get new ones'];
const REFUSED: Explanation = ['NotAllowed', 'the server refuses it: the credentials lack the right to do this there'];
const LOCKED: Explanation = [
  'NotAllowed',
  'Object Lock keeps it: wait for the end of its retention, or release its hold',
];
const BUSY: Explanation = ['Transient', 'the server is busy or fails: try again later'];
const FULL: Explanation = ['NoSpace', 'the server has no room left: free space there, then run this again'];
const NO_PLACE: Explanation = [
  'InvalidInput',
  'the server cannot hold this key: it keeps objects as files, and one cannot be the folder of another',
];
const UNTRUSTED: Explanation = [
  'ConfigError',
  'the certificate of the server is of an authority that is not trusted: name a file with that of the authority in ' +
    'AWS_CA_BUNDLE',
];
const NOT_VALID_NOW: Explanation = [
  'ConfigError',
  'the certificate of the server has expired, or is not valid yet: have it renewed, or set the clock of this machine',
];
const NO_KMS_KEY: Explanation = [
  'ConfigError',
  'the server has no such KMS key, or may not use it: correct S3_KMS_KEY_ID, or enable the key',
];
const NOT_S3: Explanation = [
  'ConfigError',
  'what answers there does not speak S3: check S3_ENDPOINT, and whether it is http:// or https://',
];

const CODES: Readonly<Record<string, Explanation>> = {
  NoSuchKey: ['NotFound', 'there is no such object'],
  NoSuchVersion: ['NotFound', 'there is no such version'],
  NotFound: ['NotFound', 'there is no such object'],
  NoSuchBucket: ['ConfigError', 'there is no such bucket: create it, or correct DATASENS_STORAGE'],
  InvalidBucketName: ['ConfigError', 'this is not the name of a bucket: correct DATASENS_STORAGE'],
  PreconditionFailed: ['Conflict', 'somebody else wrote it, or deleted it'],
  ConditionalRequestConflict: ['Conflict', 'somebody else is writing it'],
  AccessDenied: REFUSED,
  AllAccessDisabled: REFUSED,
  AccountProblem: REFUSED,
  ObjectLocked: REFUSED,
  InvalidAccessKeyId: CREDENTIALS,
  SignatureDoesNotMatch: CREDENTIALS,
  XAdminUserNotFound: CREDENTIALS,
  InvalidToken: CREDENTIALS,
  InvalidTokenId: CREDENTIALS,
  ExpiredToken: EXPIRED,
  TokenRefreshRequired: EXPIRED,
  CredentialsProviderError: [
    'ConfigError',
    'no credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile (AWS_PROFILE)',
  ],
  RequestTimeTooSkewed: ['ConfigError', 'the clock of this machine is more than 15 minutes off: set it'],
  InvalidObjectState: ['NotAllowed', 'the object is in an archive class: have the server restore it first'],
  MetadataTooLarge: ['InvalidInput', 'the metadata is larger than the server takes'],
  KeyTooLongError: ['InvalidInput', 'the key is longer than the server takes'],
  XMinioInvalidObjectName: ['InvalidInput', 'the server cannot hold such a key'],
  EntityTooLarge: ['InvalidInput', 'the object is larger than the server takes'],
  ObjectParentIsFile: NO_PLACE,
  ExistingObjectIsDirectory: NO_PLACE,
  XMinioParentIsObject: NO_PLACE,
  'KMS.NotFoundException': NO_KMS_KEY,
  'KMS.DisabledException': NO_KMS_KEY,
  'KMS.KMSInvalidStateException': NO_KMS_KEY,
  'kms:KeyNotFound': NO_KMS_KEY,
  InvalidStorageClass: [
    'ConfigError',
    'the server has no such storage class: correct S3_STORAGE_CLASS, or what was asked for',
  ],
  NotImplemented: ['ConfigError', 'the server lacks an operation that is needed'],
  SlowDown: BUSY,
  QuotaExceeded: FULL,
  XMinioAdminBucketQuotaExceeded: FULL,
  XMinioStorageFull: FULL,
  InsufficientCapacity: FULL,
  BadDigest: ['Transient', 'the bytes were damaged on their way'],
  XAmzContentChecksumMismatch: ['Transient', 'the bytes were damaged on their way'],
  IncompleteBody: ['Transient', 'the request was cut off'],
  RequestTimeout: ['Transient', 'the request was too slow, or cut off'],
  NoSuchUpload: ['Transient', 'the upload is gone: somebody ended it'],
  // Node's own (Node documentation, "TLS: X509 certificate error codes").
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  CERT_HAS_EXPIRED: NOT_VALID_NOW,
  CERT_NOT_YET_VALID: NOT_VALID_NOW,
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'ConfigError',
    'the certificate of the server is for another host: name the one that it is for in S3_ENDPOINT',
  ],
  EPROTO: ['ConfigError', 'what answers there does not speak TLS: check S3_ENDPOINT, and whether it is https://'],
};

/**
 * A failure of the SDK as one of the contract's errors (blob-store.ts), with what was tried and what to do; any other
 * error as it is. The server's own words stay in the details.
 */
export function explainS3Error(error: unknown, { uri, settings }: Bucket, doing: string): unknown {
  const failure = failureOf(error);
  if (!failure) return error;
  const [name, said] = explanationOf(failure, settings.endpoint);
  const { code, status, message, requestId } = failure;
  return new AppError(name, `cannot ${doing} in ${uri}: ${said} (${code})`, {
    code,
    ...(status === undefined ? {} : { status }),
    ...(message && message !== code ? { server: message } : {}),
    ...(requestId ? { requestId } : {}),
  });
}

export function otherVersion(key: string): AppError {
  return new AppError('Conflict', `${JSON.stringify(key)} is no longer the version asked for`, { key });
}

/** Whether the answer had no body, as one to HEAD, and so does not tell what was wrong. */
export function isBare(error: unknown): boolean {
  const { status = 0, message } = failureOf(error) ?? {};
  return status >= 400 && status < 500 && message === 'UnknownError';
}

/** Whether the same request may succeed later. */
export function isTransient(error: unknown): boolean {
  const failure = failureOf(error);
  if (!failure || failure.code === 'NoSuchUpload') return false;
  // Of the answer the SDK has learnt what the server's clock says, and signs by that from then on.
  if (failure.code === 'RequestTimeTooSkewed') return true;
  return explanationOf(failure, '')[0] === 'Transient';
}

function explanationOf({ code, status, message, region }: S3Failure, endpoint: string | undefined): Explanation {
  const known = CODES[code];
  if (known) return known;
  // MinIO's, where AWS says AccessDenied.
  if (code === 'InvalidRequest' && /\bWORM\b/.test(message)) return LOCKED;
  if (status === undefined && /Region is missing/.test(message)) {
    return ['ConfigError', 'the region is not known: set AWS_REGION'];
  }
  if (status === undefined) {
    return ['Transient', `${endpoint ?? 'AWS'} cannot be reached, or the connection to it was lost: ${message}`];
  }
  if (status === 301 || code === 'AuthorizationHeaderMalformed' || code === 'IllegalLocationConstraintException') {
    return ['ConfigError', `the bucket is in ${region ? `the region ${region}` : 'another region'}: set AWS_REGION`];
  }
  // HEAD has no body, and so no code.
  if (status === 404) return ['NotFound', 'there is no such object'];
  if (status === 412) return ['Conflict', 'somebody else wrote it, or deleted it'];
  if (status === 401 || status === 403) return REFUSED;
  if (status === 507) return FULL;
  if (status === 429 || status >= 500) return BUSY;
  if (status === 400 && code === 'BadRequest') return CREDENTIALS;
  if (status < 300 || /XML parse error/.test(message)) return NOT_S3;
  return ['ConfigError', `the server refuses the request: ${message}`];
}
