import { APPROVAL_ROUTES } from './http/approval-routes.ts';
import { http } from './http/http.ts';

/** Approvals by signed links, for those who approve. */
export const handler = http(APPROVAL_ROUTES);
