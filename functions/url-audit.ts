import { AUDIT_ROUTES } from './http/audit-routes.ts';
import { http } from './http/http.ts';

/** The audit by HTTP. */
export const handler = http(AUDIT_ROUTES);
