/** The lake as DuckDB reads it, without Tidemark: how many readings a day has, and their sum in hundredths. */
import { DuckDBInstance } from "@duckdb/node-api"
import { openDatabase } from "../../bench/lib/largeLog.mjs"

const byDate = (rows) =>
  Object.fromEntries(rows.map(({ date, n, sum }) => [String(date), `${n} ${Number(sum)}`]))

export const ofLake = async (lake) => {
  const connection = await (await DuckDBInstance.create(":memory:", { memory_limit: "1GB" })).connect()
  const reader = await connection.runAndReadAll(`
    SELECT CAST(date AS VARCHAR) AS date, COUNT(*) AS n, SUM(CAST(ROUND(value * 100) AS BIGINT)) AS sum
    FROM read_parquet('${lake}/readings/*/*.parquet', hive_partitioning = true) GROUP BY date`)
  connection.closeSync()
  return byDate(reader.getRowObjectsJS())
}

const DATES = { sqlite: "substr(timestamp, 1, 10)", mysql: "DATE_FORMAT(timestamp, '%Y-%m-%d')" }

/** The same of the view of the database, while it has all days. */
export const ofView = async ([dialect, where]) => {
  const database = await openDatabase([dialect, where])
  const rows =
    await database.ask(`SELECT ${DATES[dialect]} AS date, COUNT(*) AS n, SUM(ROUND(value * 100)) AS sum
    FROM sensor_data GROUP BY 1`)
  await database.close()
  return byDate(rows)
}

/** The dates whose counts or sums differ. */
export const differingDates = (one, other) =>
  [...new Set([...Object.keys(one), ...Object.keys(other)])].filter((date) => one[date] !== other[date])
