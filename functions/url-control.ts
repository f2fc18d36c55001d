import { CONTROL_ROUTES } from './http/control-routes.ts';
import { http } from './http/http.ts';

/** Workflows by HTTP: starting them, and what has become of them. */
export const handler = http(CONTROL_ROUTES);
