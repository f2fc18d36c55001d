/** HTML that is safe to send: made by `html` alone. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Value = string | number | Html | readonly Html[];

/** Builds HTML in which every value that is no HTML itself is escaped: in text, and in attributes in double quotes. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(strings.reduce((text, string, index) => text + textOf(values[index - 1] ?? '') + string));
}

function textOf(value: Value): string {
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(textOf).join('\n');
  return visible(String(value)).replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** What would turn the direction of writing, or cannot be seen, is shown as what it is. */
function visible(text: string): string {
  return text.replaceAll(/(?![\n\t])\p{C}/gu, (control) => `\\u{${control.codePointAt(0)?.toString(16)}}`);
}
