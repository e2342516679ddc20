// The bare server of readings: node:http, the driver, the same SQL and JSON.stringify. The two paths that are
// measured, no checks; an entity tag of the log's position, so that it can answer 304.
import { createServer } from "node:http"
import { HEAD, openReader, pageSql } from "./readings.mjs"

const { query, rfc3339, sqlTime } = openReader(process.argv.slice(2))
const head = query(HEAD)
const page = query(pageSql(100))
const rangeOf = (limit) => query(pageSql(limit, "e.occurred_at >= ? AND e.occurred_at < ?"))
const ranges = { 100: rangeOf(100), 1000: rangeOf(1_000) }

const rowsOf = (url, position) => {
  if (!url.startsWith("/data/range/")) return page([position, position])
  const { searchParams } = new URL(url, "http://localhost")
  const [start, end] = ["start_time", "end_time"].map((name) => sqlTime(searchParams.get(name)))
  return ranges[searchParams.get("limit")]([position, position, start, end])
}

const server = createServer(async (request, response) => {
  const [{ position }] = await head([])
  const tag = `"${position}"`
  response.setHeader("etag", tag)
  if (request.headers["if-none-match"] === tag) {
    response.statusCode = 304
    return response.end()
  }
  const readings = (await rowsOf(request.url, position)).map((row) => {
    row.timestamp = rfc3339(row.timestamp)
    row.recorded_at = rfc3339(row.recorded_at)
    return row
  })
  response.setHeader("content-type", "application/json")
  response.end(JSON.stringify(readings))
})
server.listen(0, "127.0.0.1", () => console.log(`http port ${server.address().port}`))
process.once("SIGTERM", () => process.exit(0))
