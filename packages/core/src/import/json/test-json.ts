/** JSON in whatever notation there is, for tests of what reads it. */
export interface JsonWriter {
  pick<T>(from: readonly T[]): T;
  value(depth: number): string;
  /** An object with some of the keys, each once. */
  record(keys: readonly string[]): string;
}

const CHARACTERS = ['a', 'Z', ' ', '0', '"', '\\', '/', '\n', '\t', '\b', '\u001f', '\u007f', 'é', '€', '\u2028', '😀'];
const NUMBERS = ['0', '-0', '1', '-12', '9007199254740993', '0.10', '1e5', '1E-7', '-1.5e+10', '123456789.123456789'];

export function jsonWriter(random: () => number): JsonWriter {
  const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)] as T;
  const space = () => pick(['', '', '', ' ', '\t', '\r\n', ' \n ']);
  const list = (parts: readonly string[]) => parts.map((part) => space() + part + space()).join(',') || space();
  const some = <T>(make: (index: number) => T) => Array.from({ length: Math.floor(random() * 4) }, (_, n) => make(n));

  const unit = (code: number) => {
    const digits = code.toString(16).padStart(4, '0');
    return `\\u${pick([digits, digits.toUpperCase()])}`;
  };
  const character = (one: string) =>
    random() < 0.3 ? [...one].flatMap((c) => c.split('').map((half) => unit(half.charCodeAt(0)))).join('') : plain(one);
  const plain = (one: string) => (one === '/' ? pick(['/', '\\/']) : JSON.stringify(one).slice(1, -1));
  const string = (text: string) => `"${[...text].map(character).join('')}"`;
  const text = () => some(() => pick(CHARACTERS)).join('');
  const member = (key: string, value: string) => `${string(key)}${space()}:${space()}${value}`;

  const value = (depth: number): string => {
    const kind = Math.floor(random() * (depth > 0 ? 6 : 4));
    if (kind === 0) return pick(['true', 'false', 'null']);
    if (kind === 1) return pick(NUMBERS);
    if (kind < 4) return string(text());
    if (kind === 4) return `[${list(some(() => value(depth - 1)))}]`;
    return `{${list(some((index) => member(`${index}${text()}`, value(depth - 1))))}}`;
  };

  return {
    pick,
    value,
    record(keys) {
      const own = keys.filter(() => random() < 0.8).toSorted(() => random() - (random() < 0.5 ? 0 : 0.5));
      return `{${list(own.map((key) => member(key, value(2))))}}`;
    },
  };
}
