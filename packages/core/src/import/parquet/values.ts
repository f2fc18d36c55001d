/** Values of one physical type, as PLAIN has them: little-endian. A boolean takes a byte. */
export interface Values {
  readonly bytes: Buffer;
  /** Of the same bytes. */
  readonly view: DataView;
  readonly count: number;
  /** How many bytes each has; 0 where they differ, and `bounds` tells. */
  readonly width: number;
  /** Where each begins and ends, two numbers a value; empty where all have the same width. */
  readonly bounds: Uint32Array;
  /** What is wrong with some of them, by index. */
  readonly flaws?: ReadonlyMap<number, Flaw>;
}

export interface Flaw {
  readonly because: string;
  /** Whether it is one in jsonb alone, and json and text take the value as it is. */
  readonly inJsonb: boolean;
}

/** `bytes` may be longer than the values. */
export function fixedValues(bytes: Uint8Array, width: number, count: number): Values {
  if (bytes.byteLength < width * count) throw new Error(`${count} values do not fit in ${bytes.byteLength} bytes`);
  return { ...viewed(bytes), count, width, bounds: NONE };
}

export function boundedValues(bytes: Uint8Array, bounds: Uint32Array, flaws?: ReadonlyMap<number, Flaw>): Values {
  const values = { ...viewed(bytes), count: bounds.length / 2, width: 0, bounds };
  return flaws === undefined || flaws.size === 0 ? values : { ...values, flaws };
}

export function startOf({ width, bounds }: Values, index: number): number {
  return width > 0 ? index * width : (bounds[2 * index] as number);
}

export function endOf({ width, bounds }: Values, index: number): number {
  return width > 0 ? (index + 1) * width : (bounds[2 * index + 1] as number);
}

const NONE = new Uint32Array(0);

function viewed({ buffer, byteOffset, byteLength }: Uint8Array) {
  return {
    bytes: Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength),
    view: new DataView(buffer, byteOffset, byteLength),
  };
}
