/** What a placeholder such as `${function.stage}` is in this stack; undefined for one that is nothing. */
export type Fill = (kind: string, name: string) => string | undefined;

/** The placeholders of a definition of workflows/, each once. */
export function placeholdersOf(text: string): { readonly kind: string; readonly name: string }[] {
  const found = [...text.matchAll(/\$\{(\w+)\.([\w-]+)\}/g)].map(([, kind = '', name = '']) => `${kind}.${name}`);
  return [...new Set(found)].map((each) => {
    const [kind = '', name = ''] = each.split('.');
    return { kind, name };
  });
}

/** The definition with its placeholders filled in. Throws for one that is nothing. */
export function fillDefinition(text: string, fill: Fill): string {
  return text.replace(/\$\{([^}]*)\}/g, (_, placeholder: string) => {
    const [kind = '', name = ''] = placeholder.split('.');
    const value = fill(kind, name);
    if (value === undefined) throw new Error(`a state machine names \${${placeholder}}, which nothing is`);
    // It stands in a JSON string.
    return JSON.stringify(value).slice(1, -1);
  });
}
