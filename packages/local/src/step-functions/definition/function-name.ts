/**
 * The name of a function, of what Lambda takes for one (API reference, "Invoke"): its name, ARN or partial ARN, each with
 * or without a version or an alias. On this machine there is one version of each.
 */
export function functionNameOf(text: string): string {
  return /^(?:(?:arn:[^:]+:lambda:[^:]*:)?\d{12}:function:)?([^:]+)/.exec(text)?.[1] ?? text;
}
