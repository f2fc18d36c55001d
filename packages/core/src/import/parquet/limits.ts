/** What one file may make us hold in memory, in bytes; beyond it is refused. */
export interface ParquetLimits {
  /** Of the footer, which is read whole. Its objects take some twenty times as much. */
  readonly footerBytes: number;
  /** Of one page, unpacked. DuckDB writes pages of up to 100 MB. */
  readonly pageBytes: number;
  /** Of all pages that are open at the same time: one for each column, with its dictionary. */
  readonly openBytes: number;
}

export const PARQUET_LIMITS: ParquetLimits = {
  footerBytes: 33_554_432,
  pageBytes: 134_217_728,
  openBytes: 402_653_184,
};

/** Deeper schemas are refused. */
export const MOST_LEVELS = 128;
