import type { EncodeValue } from './encode-value.ts';
import type { Meaning } from './meaning.ts';
import { readInt96 } from './read-value.ts';
import { reserve, type Sink } from './sink.ts';
import { valueText } from './value-text.ts';
import type { Values } from './values.ts';

/** PostgreSQL counts from 2000-01-01, in days or in microseconds (`src/include/datatype/timestamp.h`). */
const EPOCH_DAYS = 10_957;
const EPOCH_MICROS = 946_684_800_000_000n;
const FIRST_DAY = -2_451_545 + EPOCH_DAYS;
const LAST_DAY = 2_145_031_949 - 1 + EPOCH_DAYS;
const FIRST_MICROS = -211_813_488_000_000_000n + EPOCH_MICROS;
const END_MICROS = 9_223_371_331_200_000_000n + EPOCH_MICROS;
const DAY_MICROS = 86_400_000_000n;

/** Dates, times and intervals. Two kinds of timestamp go into each other: those without a zone are UTC. */
export function timeEncoder(
  meaning: Meaning,
  name: string,
  [precision = 6]: readonly number[],
): EncodeValue | undefined {
  const isTimestamp = name === 'timestamp' || name === 'timestamptz';
  if (meaning.is === 'date' && name === 'date') return encodeDate;
  if (meaning.is === 'interval' && name === 'interval' && precision === 6) return encodeInterval;
  if (meaning.is === 'date' && isTimestamp) {
    return microsEncoder(
      meaning,
      precision,
      isStorable,
      ({ view }, index) => BigInt(view.getInt32(index * 4, true)) * DAY_MICROS,
    );
  }
  if (meaning.is === 'timestamp' && isTimestamp) {
    return microsEncoder(meaning, precision, isStorable, microsReader(meaning.unit));
  }
  if (meaning.is === 'time' && name === 'time') {
    const read = microsReader(meaning.unit);
    // What is stored is the time itself.
    return microsEncoder(meaning, precision, isTimeOfDay, (values, index) => {
      const micros = read(values, index);
      return micros === undefined ? undefined : micros + EPOCH_MICROS;
    });
  }
  return undefined;
}

type ReadMicros = (values: Values, index: number) => bigint | undefined;

/** Microseconds since 1970, or of the day; nothing where a value has nanoseconds beside them. */
function microsReader(unit: Extract<Meaning, { is: 'timestamp' }>['unit']): ReadMicros {
  switch (unit) {
    case 'MILLIS':
      return (values, index) =>
        (values.width === 4
          ? BigInt(values.view.getInt32(index * 4, true))
          : values.view.getBigInt64(index * 8, true)) * 1_000n;
    case 'MICROS':
      return ({ view }, index) => view.getBigInt64(index * 8, true);
    default:
      return (values, index) => {
        const nanos = unit === 'INT96' ? readInt96(values, index) : values.view.getBigInt64(index * 8, true);
        return nanos % 1_000n === 0n ? nanos / 1_000n : undefined;
      };
  }
}

const isStorable = (micros: bigint) => micros >= FIRST_MICROS && micros < END_MICROS;
const isTimeOfDay = (micros: bigint) => micros >= EPOCH_MICROS && micros <= EPOCH_MICROS + DAY_MICROS;

function microsEncoder(
  meaning: Meaning,
  precision: number,
  isInRange: (micros: bigint) => boolean,
  read: ReadMicros,
): EncodeValue {
  const unit = 10n ** BigInt(Math.max(0, 6 - precision));
  const text = valueText(meaning);
  return (values, index, sink) => {
    const micros = read(values, index);
    if (micros === undefined) return `${text(values, index)} has nanoseconds, and PostgreSQL has none`;
    if (!isInRange(micros)) return `${text(values, index)} is out of the range of PostgreSQL`;
    if (unit > 1n && micros % unit !== 0n) return `${text(values, index)} has more digits than the column`;
    reserve(sink, 12);
    sink.view.setInt32(sink.size, 8);
    sink.view.setBigInt64(sink.size + 4, BigInt.asIntN(64, micros - EPOCH_MICROS));
    sink.size += 12;
    return undefined;
  };
}

const encodeDate: EncodeValue = (values, index, sink) => {
  const days = values.view.getInt32(index * 4, true);
  if (days < FIRST_DAY || days > LAST_DAY)
    return `${valueText({ is: 'date' })(values, index)} is out of the range of PostgreSQL`;
  putInt32(sink, 4, days - EPOCH_DAYS);
  return undefined;
};

function putInt32(sink: Sink, length: number, value: number): void {
  reserve(sink, 8);
  sink.view.setInt32(sink.size, length);
  sink.view.setInt32(sink.size + 4, value);
  sink.size += 8;
}

/** Months, days and milliseconds, each without a sign, become microseconds, days and months. */
const encodeInterval: EncodeValue = (values, index, sink) => {
  const { view } = values;
  const months = view.getUint32(index * 12, true);
  const days = view.getUint32(index * 12 + 4, true);
  if (months > MOST_INT32 || days > MOST_INT32)
    return `${valueText({ is: 'interval' })(values, index)} is out of the range of PostgreSQL`;
  reserve(sink, 20);
  sink.view.setInt32(sink.size, 16);
  sink.view.setBigInt64(sink.size + 4, BigInt(view.getUint32(index * 12 + 8, true)) * 1_000n);
  sink.view.setInt32(sink.size + 12, days);
  sink.view.setInt32(sink.size + 16, months);
  sink.size += 20;
  return undefined;
};

const MOST_INT32 = 2 ** 31 - 1;
