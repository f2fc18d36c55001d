/**
 * Whether a code of Node's says that a certificate is not accepted, or that what answers does not speak TLS (Node
 * documentation, "TLS: X509 certificate error codes"): the same request fails again.
 */
export function isTlsCode(code: string): boolean {
  return /CERT|VERIFY|TLS|SSL|EPROTO/.test(code);
}
