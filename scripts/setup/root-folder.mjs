import { fileURLToPath } from 'node:url';

/** The clone. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** The Node that the project is written for, once the packages are installed. */
export const PROJECT_NODE = `${ROOT}node_modules/.bin/node`;
