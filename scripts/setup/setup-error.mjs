/** What stands in the way of the set-up, in words for the person who runs it. */
export class SetupError extends Error {}
