/**
 * DuckDB with the same sessions, for the benchmarks: `deno run -A bench/sessions_duckdb.ts DATABASE FILE` loads a file of
 * events. It is the yardstick of loading; it promises less: nothing is stored before the whole file is, an event that
 * comes later means that the sessions are put together once more, and expiry and the figures are left to whoever asks.
 */
import { DuckDBInstance } from "@duckdb/node-api";

const CREATE = `CREATE TABLE IF NOT EXISTS event (
  user_id VARCHAR, session_id VARCHAR, event VARCHAR, ts TIMESTAMP, country VARCHAR)`;
const LOAD =
  `INSERT INTO event SELECT * FROM read_json($1, format = 'newline_delimited', ignore_errors = true,
  columns = {user_id: 'VARCHAR', session_id: 'VARCHAR', event: 'VARCHAR', ts: 'TIMESTAMP', country: 'VARCHAR'})
  WHERE user_id IS NOT NULL AND event IN ('start', 'end')`;
const MERGE = `CREATE OR REPLACE TABLE session AS SELECT user_id, session_id,
    arg_min(country, ts) FILTER (event = 'start') AS country,
    min(ts) FILTER (event = 'start') AS start_ts, max(ts) FILTER (event = 'end') AS end_ts
  FROM event GROUP BY user_id, session_id`;
const LAST_SESSIONS = `SELECT session_id FROM session WHERE user_id = $1 AND end_ts >= start_ts
  ORDER BY end_ts DESC, session_id LIMIT 20`;
const METRICS = `SELECT country, date_trunc('day', start_ts) AS day, count(*), count(end_ts),
    avg(epoch_us(end_ts) - epoch_us(start_ts)), approx_quantile(epoch_us(end_ts) - epoch_us(start_ts), [0.5, 0.9, 0.99]),
    approx_count_distinct(user_id)
  FROM session WHERE start_ts >= now()::TIMESTAMP - INTERVAL 90 DAY GROUP BY ALL`;

/** A database of DuckDB with sessions. */
export interface DuckSessions extends Disposable {
  load(file: string): Promise<void>;
  lastSessions(user: string): Promise<number>;
  metrics(): Promise<number>;
}

export async function openDuckSessions(database: string): Promise<DuckSessions> {
  const instance = await DuckDBInstance.create(database);
  const connection = await instance.connect();
  const rows = async (sql: string, values: string[] = []) =>
    (await connection.runAndReadAll(sql, values)).currentRowCount;
  return {
    async load(file) {
      await connection.run(CREATE);
      await connection.run(LOAD, [file]);
      await connection.run(MERGE);
      await connection.run("CHECKPOINT");
    },
    lastSessions: (user) => rows(LAST_SESSIONS, [user]),
    metrics: () => rows(METRICS),
    [Symbol.dispose]() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

if (import.meta.main) {
  const [database, file] = Deno.args;
  using sessions = await openDuckSessions(database!);
  await sessions.load(file!);
}
