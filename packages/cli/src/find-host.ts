import { announcedEndpoint } from '@datasens/local/host/announcement.ts';

/**
 * Has the clients of Step Functions in this process speak to the host of this home, if there is one and nobody says
 * otherwise (`AWS_ENDPOINT_URL_SFN`, `AWS_ENDPOINT_URL`).
 */
export async function findHost(home: string): Promise<void> {
  const { env } = process;
  if (env.AWS_ENDPOINT_URL_SFN || env.AWS_ENDPOINT_URL) return;
  const endpoint = await announcedEndpoint(home);
  if (endpoint !== undefined) env.AWS_ENDPOINT_URL_SFN = endpoint;
}
