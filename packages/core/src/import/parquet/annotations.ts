import type { ConvertedType, LogicalType, SchemaElement } from 'hyparquet';
import { damaged } from './refusal.ts';

/**
 * An element may have an older annotation and a newer one: they say the same, as far as the older one can. Throws
 * `InvalidInput` where they do not.
 */
export function refuseDisagreement({
  logical_type: logical,
  converted_type: converted,
  scale = 0,
  precision,
  name,
}: SchemaElement) {
  if (logical?.type === undefined || converted === undefined) return;
  const older = olderAnnotation(logical);
  const agrees = older === converted || (older === 'MAP' && converted === 'MAP_KEY_VALUE') || older === undefined;
  const sameDecimal = logical.type !== 'DECIMAL' || (logical.scale === scale && logical.precision === precision);
  if (!agrees || !sameDecimal) throw damaged(`${name} is a ${logical.type} and a ${converted} at once`);
}

function olderAnnotation(logical: LogicalType): ConvertedType | undefined {
  switch (logical.type) {
    case 'STRING':
      return 'UTF8';
    case 'MAP':
    case 'LIST':
    case 'ENUM':
    case 'DECIMAL':
    case 'DATE':
    case 'JSON':
    case 'BSON':
      return logical.type;
    case 'TIME':
    case 'TIMESTAMP':
      return logical.unit === 'NANOS' ? undefined : `${logical.type}_${logical.unit}`;
    case 'INTEGER':
      return `${logical.isSigned ? '' : 'U'}INT_${logical.bitWidth}` as ConvertedType;
    default:
      return undefined;
  }
}
