type Pattern = { readonly [name: string]: Pattern | readonly (string | { readonly prefix: string })[] };

/** Whether EventBridge hands an event on by a pattern (user guide, "Event patterns"): of its operators those that we use. */
export function eventMatches(pattern: Pattern, event: unknown): boolean {
  return Object.entries(pattern).every(([name, wanted]) => {
    const value = (event as Record<string, unknown> | undefined)?.[name];
    if (!Array.isArray(wanted)) return typeof value === 'object' && eventMatches(wanted as Pattern, value);
    return wanted.some((one) => {
      if (typeof one !== 'object') return one === value;
      const [operator, ...others] = Object.keys(one);
      if (operator !== 'prefix' || others.length > 0) throw new Error(`no such operator here: ${JSON.stringify(one)}`);
      return typeof value === 'string' && value.startsWith(one.prefix);
    });
  });
}
