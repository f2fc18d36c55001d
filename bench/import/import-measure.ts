export interface ImportMeasure {
  readonly seconds: number;
  /** Of this process. */
  readonly cpuSeconds: number;
  readonly rows: number;
  readonly peakRssMb: number;
}

/** Prints what an import cost that began at `started`, by `performance.now()`, and had this process to itself. */
export function printMeasure(started: number, rows: number): void {
  const { user, system } = process.cpuUsage();
  const measure: ImportMeasure = {
    seconds: (performance.now() - started) / 1_000,
    cpuSeconds: (user + system) / 1e6,
    rows,
    peakRssMb: process.resourceUsage().maxRSS / 1_024,
  };
  console.log(JSON.stringify(measure));
}
