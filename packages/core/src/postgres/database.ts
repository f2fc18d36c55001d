/** A result row set, as far as the project uses it. */
export interface Result<Row> {
  readonly rows: Row[];
  /** Rows affected or returned. */
  readonly rowCount: number;
}

/** Whatever takes a statement: a pool, a session, or an open transaction. */
export interface Queryable {
  query<Row = Record<string, unknown>>(sql: string, params?: readonly unknown[]): Promise<Result<Row>>;
}

/** A pool of sessions on one database. Its owner closes it, by `await using` or by `end`. */
export interface Database extends Queryable, AsyncDisposable {
  /**
   * Runs `work` in one READ COMMITTED transaction: committed when it returns, rolled back when it throws.
   * A connection whose rollback failed is closed, never given back.
   */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  /**
   * Lends one connection to `work`, outside of any transaction, and closes it afterwards: what its session has locked
   * is held for as long as `work` takes, and no longer.
   */
  session<T>(work: (session: Queryable) => Promise<T>): Promise<T>;
  end(): Promise<void>;
}
