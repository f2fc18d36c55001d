import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { getCACertificates } from 'node:tls';
import { AppError } from '../../errors.ts';

/**
 * The authorities that Node trusts, and those of a PEM file. Throws `ConfigError` for a file that cannot be read, or
 * has no certificates: a connection would fail for a reason that names neither.
 */
export function authoritiesWith(caBundle: string): string[] {
  const certificates = readBundle(caBundle).match(/-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/gs) ?? [];
  if (certificates.length === 0) throw unusable(caBundle, 'it has no certificate in PEM form');
  for (const certificate of certificates) {
    try {
      new X509Certificate(certificate);
    } catch (error) {
      throw unusable(caBundle, `a certificate in it is damaged: ${String(error)}`);
    }
  }
  return [...getCACertificates(), ...certificates];
}

function readBundle(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw unusable(path, String(error));
  }
}

function unusable(path: string, reason: string): AppError {
  return new AppError('ConfigError', `AWS_CA_BUNDLE: cannot use ${path}: ${reason}`);
}
