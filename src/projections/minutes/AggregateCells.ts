/**
 * The cells of an aggregate by the name that each has wherever rows are told by name (OData, expectations), once.
 * Times are µs since the epoch: each reader writes them in its own form.
 */
import type { AggregateRow } from "./Aggregates.js"

export const aggregateCells = (row: AggregateRow) => ({
  id: row.id,
  sensor_id: row.sensorId,
  timestamp: row.timestamp,
  value: row.value,
  lat: row.lat,
  lng: row.lng,
  unit: row.unit,
  type: row.type,
  description: row.description,
  interval: row.interval,
  count: row.count,
  sum: row.sum,
  min: row.min,
  max: row.max,
  stddev: row.stddev,
  first: row.first,
  last: row.last,
  expected: row.expected,
  completeness: row.completeness,
  final: row.final,
  position: row.position,
  p50: row.p50,
  p95: row.p95,
  p99: row.p99
})
