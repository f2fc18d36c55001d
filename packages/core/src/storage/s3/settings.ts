/** Where an S3 store is and how it is spoken to. Credentials and the region are for the SDK's usual chain to find. */
export interface S3Settings {
  readonly bucket: string;
  /** What all keys begin with, without a `/` at either end; empty for the whole bucket. */
  readonly prefix: string;
  /** A server that is not AWS's own (`S3_ENDPOINT`): spoken to in path style. */
  readonly endpoint?: string | undefined;
  /** A PEM file of certificate authorities to trust besides Node's own (`AWS_CA_BUNDLE`). */
  readonly caBundle?: string | undefined;
  /** The KMS key that the server encrypts every object with (`S3_KMS_KEY_ID`). */
  readonly kmsKeyId?: string | undefined;
  /** The storage class of every object (`S3_STORAGE_CLASS`); the bucket's default where absent. */
  readonly storageClass?: string | undefined;
  /** After how long without a byte a connection counts as dead. */
  readonly idleTimeoutMs?: number;
}
