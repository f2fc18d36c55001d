/** An error that has its name from Lambda, or from a process. One that tells of no code has no stack. */
export function lambdaError(name: string, message: string, stack?: string): Error {
  return Object.assign(new Error(message), { name, stack });
}
