/**
 * How a client of Step Functions is set up where the environment names its endpoint, or AWS is it: the host of this machine
 * looks at no signature, so that nobody need have credentials for it.
 */
export function clientSettings(env: NodeJS.ProcessEnv) {
  const host = URL.parse(env.AWS_ENDPOINT_URL_SFN || env.AWS_ENDPOINT_URL || '')?.hostname ?? '';
  if (!/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(host)) return {};
  return {
    region: env.AWS_REGION || 'us-east-1',
    ...(env.AWS_ACCESS_KEY_ID || env.AWS_PROFILE
      ? {}
      : { credentials: { accessKeyId: 'none', secretAccessKey: 'none' } }),
  };
}
