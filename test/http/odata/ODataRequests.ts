/** Requests to `/odata`, as tools are known to send them, and the rows that must come back. */
import type { Reading } from "../../../src/domain/Reading.js"
import { formatTime } from "../../../src/domain/Time.js"
import { ODATALIB, POWER_QUERY } from "./ODataClients.js"

/** Ids of the rows, worked out from all readings in force in order of time. */
type Wanted = (all: ReadonlyArray<Reading>) => ReadonlyArray<number>

interface RowsRequest {
  readonly path: string
  readonly wanted: Wanted
  readonly headers?: Readonly<Record<string, string>>
}

const where =
  (holds: (reading: Reading, time: string) => boolean, top = 10_000): Wanted =>
  (all) =>
    all
      .filter((reading) => holds(reading, formatTime(reading.occurredAt)))
      .slice(0, top)
      .map(({ id }) => id)

const by =
  (compare: (a: Reading, b: Reading) => number, top: number): Wanted =>
  (all) =>
    [...all]
      .sort(compare)
      .slice(0, top)
      .map(({ id }) => id)

const everything = where(() => true)
const fixed =
  (ids: ReadonlyArray<number>): Wanted =>
  () =>
    ids
export const filter = (text: string) => `/odata/readings?$filter=${encodeURIComponent(text)}`
const rows = (path: string, wanted: Wanted, headers?: RowsRequest["headers"]): RowsRequest => ({
  path,
  wanted,
  ...(headers === undefined ? {} : { headers })
})

export const ROWS: ReadonlyArray<RowsRequest> = [
  // Power BI and Excel (Power Query).
  rows("/odata/readings", everything, POWER_QUERY),
  rows("/odata/readings/", everything, ODATALIB),
  rows("/odata/readings?$top=1000", everything, POWER_QUERY),
  rows(
    "/odata/readings?%24top=5",
    where(() => true, 5),
    POWER_QUERY
  ),
  rows("/odata/readings?$top=20&$skip=10", (all) => everything(all).slice(10, 30), POWER_QUERY),
  rows(
    "/odata/readings?$filter=timestamp%20ge%202024-06-14T23:59:00Z%20and%20timestamp%20lt%202024-06-15T00:00:00Z&$select=id,timestamp,value",
    where((_, time) => time >= "2024-06-14T23:59:00" && time < "2024-06-15T00:00:00"),
    POWER_QUERY
  ),
  rows(
    "/odata/readings?$filter=timestamp+ge+2024-06-15T01:00:00%2B01:00+and+timestamp+lt+2024-06-15T02:00:30%2B02:00&$top=1000",
    where((_, time) => time >= "2024-06-15T00:00:00" && time < "2024-06-15T00:00:30"),
    POWER_QUERY
  ),
  rows(
    filter("timestamp ge 2024-06-15T00:00:00+00:00"),
    where((_, time) => time >= "2024-06-15")
  ),
  rows(
    "/odata/readings?$filter=timestamp ge 2024-06-15T00:00:00+00:00",
    where((_, time) => time >= "2024-06-15")
  ),
  rows(
    filter("timestamp gt 2024-06-14T23:58:30.5000000Z"),
    where((_, time) => time > "2024-06-14T23:58:30.500000Z")
  ),
  rows(
    filter("timestamp ge 2024-06-15"),
    where((_, time) => time >= "2024-06-15")
  ),
  rows(filter("timestamp ge 0001-01-01T00:00:00Z and timestamp le 9999-12-31T23:59:59.9999999Z"), everything),
  rows(
    filter("year(timestamp) eq 2024 and month(timestamp) eq 6 and day(timestamp) eq 15"),
    where((_, time) => time >= "2024-06-15")
  ),
  rows(
    filter("hour(timestamp) eq 23 and minute(timestamp) eq 59"),
    where((_, time) => time.startsWith("2024-06-14T23:59"))
  ),
  rows(
    filter("second(timestamp) ge 45"),
    where((_, time) => Number(time.slice(17, 19)) >= 45)
  ),
  rows(filter("year(timestamp) lt 2024"), fixed([])),
  rows(
    filter("date(timestamp) eq 2024-06-14"),
    where((_, time) => time.startsWith("2024-06-14"))
  ),
  rows(
    filter("date(timestamp) gt 2024-06-14"),
    where((_, time) => time >= "2024-06-15")
  ),
  rows(filter("timestamp lt now()"), everything),
  rows(filter("timestamp gt now() sub duration'P1D'"), fixed([])),
  rows(
    filter("sensor_id eq 1 or sensor_id eq 2"),
    where(({ sensorId }) => sensorId === 1 || sensorId === 2),
    POWER_QUERY
  ),
  rows(
    filter("(sensor_id eq 1 or sensor_id eq 2) and (value ge 20 and value lt 22.5)"),
    where(({ sensorId, value }) => sensorId <= 2 && value >= 20 && value < 22.5)
  ),
  rows(
    filter("sensor_id in (1,3,5)"),
    where(({ sensorId }) => [1, 3, 5].includes(sensorId))
  ),
  rows(
    filter("unit in ('C','%')"),
    where(({ unit }) => unit === "C" || unit === "%")
  ),
  rows(
    filter("type eq 'temperature'"),
    where(({ type }) => type === "temperature")
  ),
  rows(
    filter("type ne 'temperature'"),
    where(({ type }) => type !== "temperature")
  ),
  rows(
    filter("type ne null"),
    where(({ type }) => type !== null)
  ),
  rows(
    filter("unit eq null"),
    where(({ unit }) => unit === null)
  ),
  rows(
    filter("null eq lat"),
    where(({ lat }) => lat === null)
  ),
  rows(
    filter("unit eq 'C '"),
    where(({ unit }) => unit === "C ")
  ),
  rows(
    filter("unit eq '%'"),
    where(({ unit }) => unit === "%")
  ),
  rows(
    filter("description eq 'O''Brien''s Küche'"),
    where(({ description }) => description === "O'Brien's Küche")
  ),
  rows(
    filter("contains(description,'Entrance')"),
    where(({ description }) => description?.includes("Entrance") ?? false),
    POWER_QUERY
  ),
  rows(
    filter("contains(tolower(description),'entrance')"),
    where(({ description }) => /entrance/i.test(description ?? ""))
  ),
  rows(
    filter("startswith(description,'O''')"),
    where(({ description }) => description?.startsWith("O'") ?? false)
  ),
  rows(
    filter("endswith(description,'Küche') eq true"),
    where(({ description }) => description?.endsWith("Küche") ?? false)
  ),
  rows(
    filter("not contains(description,'Entrance')"),
    where(({ description }) => description !== null && !description.includes("Entrance"))
  ),
  rows(
    filter("not (unit eq 'C')"),
    where(({ unit }) => unit !== "C")
  ),
  rows(
    filter("not unit in ('C','%')"),
    where(({ unit }) => unit !== "C" && unit !== "%")
  ),
  rows(
    filter("toupper(type) eq 'TEMPERATURE'"),
    where(({ type }) => type?.toLowerCase() === "temperature")
  ),
  rows(
    filter("length(unit) eq 1"),
    where(({ unit }) => unit?.length === 1)
  ),
  rows(
    filter("length(type) eq 2"),
    where(({ type }) => type === "😀x")
  ),
  rows(
    filter("indexof(type,'x') eq 1"),
    where(({ type }) => type === "😀x")
  ),
  rows(
    filter("substring(description,0,4) eq 'Main'"),
    where(({ description }) => description?.startsWith("Main") ?? false)
  ),
  rows(
    filter("trim(unit) eq 'C'"),
    where(({ unit }) => unit?.trim() === "C")
  ),
  rows(
    filter("concat(concat(type,' in '),unit) eq 'humidity in %'"),
    where(({ unit }) => unit === "%")
  ),
  rows(
    filter("value gt -5 and value lt -1.5"),
    where(({ value }) => value > -5 && value < -1.5)
  ),
  rows(
    filter("value gt 2.1e1"),
    where(({ value }) => value > 21)
  ),
  rows(
    filter("value mul 2 add 1 gt 40"),
    where(({ value }) => value * 2 + 1 > 40)
  ),
  rows(
    filter("-value gt 0"),
    where(({ value }) => value < 0)
  ),
  rows(
    filter("sensor_id mod 2 eq 0"),
    where(({ sensorId }) => sensorId % 2 === 0)
  ),
  rows(
    filter("sensor_id div 2 eq 1"),
    where(({ sensorId }) => sensorId === 2 || sensorId === 3)
  ),
  rows(filter("value div 0 eq 1"), fixed([])),
  rows(filter("recorded_at gt timestamp"), everything),
  rows(
    filter("id le 10 and position eq id"),
    where(({ id, position }) => id <= 10 && Number(position) === Number(id))
  ),
  rows(filter("true"), everything),
  rows(filter("null"), fixed([])),
  rows(
    filter(Array.from({ length: 200 }, (_, i) => `id eq ${i}`).join(" or ")),
    where(({ id }) => id < 200)
  ),
  rows(
    "/odata/readings?$orderby=value desc&$top=7",
    by((a, b) => b.value - a.value || b.position - a.position, 7)
  ),
  rows(
    "/odata/readings?$orderby=sensor_id,value%20desc&$top=9",
    by((a, b) => a.sensorId - b.sensorId || b.value - a.value || b.position - a.position, 9),
    POWER_QUERY
  ),
  rows(
    "/odata/readings?$orderby=timestamp%20asc,id%20asc&$top=9",
    by((a, b) => a.occurredAt - b.occurredAt || a.id - b.id, 9)
  ),
  rows(
    "/odata/readings?$orderby=id&$top=4&$select=id",
    by((a, b) => a.id - b.id, 4),
    POWER_QUERY
  ),
  rows("/odata/readings?$orderby=lat&$top=3&$filter=lat eq null", (all) =>
    by((a, b) => a.position - b.position, 3)(all.filter(({ lat }) => lat === null))
  ),
  // Tableau, and people.
  rows(
    "/odata/readings?$format=json&$top=3",
    where(() => true, 3)
  ),
  rows(
    "/odata/readings?$format=application/json;odata.metadata=minimal&$top=3",
    where(() => true, 3)
  ),
  rows(
    "/odata/readings?$Top=2&$FILTER=value%20gt%2010",
    where(({ value }) => value > 10, 2)
  ),
  rows(
    "/odata/readings?top=2&filter=value gt 10",
    where(({ value }) => value > 10, 2)
  ),
  rows(
    "/odata/readings?$top=2&tag=mine&_=17184",
    where(() => true, 2)
  ),
  rows(
    "/odata/Readings?$top=2",
    where(() => true, 2)
  ),
  rows("/odata/sensors?$filter=metadata/unit eq 'C'&$select=id", fixed([1])),
  rows("/odata/sensors?$filter=interval_ms gt 5000 and not retired&$orderby=interval_ms", fixed([2, 1])),
  rows("/odata/sensors?$filter=name eq 'second' or metadata/max eq 60", fixed([1, 2])),
  rows("/odata/sensors?$orderby=metadata/description desc,id", fixed([4, 2, 3, 1, 5])),
  rows("/odata/datasets?$filter=dataset_name eq 'sensor_data'&$select=id,row_count", fixed([1])),
  rows("/odata/datasets?$orderby=dataset_name desc&$top=2", fixed([3, 1])),
  rows("/odata/aggregates?$filter=sensor_id eq 9", fixed([])),
  rows("/odata/aggregates?$filter=count gt 0 and not final", fixed([]))
]
