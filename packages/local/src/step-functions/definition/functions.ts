/** JSONata 2.0.6, "Function Library", without `$eval`, which Step Functions does not support. */
const BUILT_IN =
  `abs append assert average boolean ceil clone contains count decodeUrl decodeUrlComponent distinct each encodeUrl
  encodeUrlComponent error exists base64encode base64decode filter floor formatBase formatInteger formatNumber
  fromMillis join keys length lookup lowercase map match max merge millis min not now number pad parseInteger power
  random reduce replace reverse round shuffle sift single sort split spread sqrt string substring substringAfter
  substringBefore sum toMillis trim type uppercase zip`.split(/\s+/);

/** AWS Step Functions Developer Guide, "Transforming data with JSONata", "JSONata functions provided by Step Functions". */
const OF_STEP_FUNCTIONS = ['partition', 'range', 'hash', 'random', 'uuid', 'parse'];

/** What an expression may call, without `$`. */
export const FUNCTIONS: ReadonlySet<string> = new Set([...BUILT_IN, ...OF_STEP_FUNCTIONS]);
