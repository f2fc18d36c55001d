/** The command's exit statuses (docs/design.md, section 7). */
export const EXIT = { done: 0, failed: 1, usage: 2, rejects: 3 } as const;
