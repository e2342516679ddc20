/** Annotations that hold, for those who read the database: the last event of each, unless it withdraws it. */

/** What the two dialects write differently: a text of the payload, its time, and its list of sensors. */
interface Payload {
  readonly id: string
  readonly time: (name: string) => string
  readonly text: (name: string, length: number) => string
  readonly sensors: string
  readonly quote: (name: string) => string
}

const mysql: Payload = {
  id: "CAST(c.subject AS SIGNED)",
  time: (name) =>
    `TIMESTAMPADD(MICROSECOND, CAST(NULLIF(JSON_UNQUOTE(JSON_EXTRACT(c.payload, '$.${name}')), 'null') AS SIGNED), TIMESTAMP '1970-01-01 00:00:00')`,
  text: (name, length) => `CAST(JSON_UNQUOTE(JSON_EXTRACT(c.payload, '$.${name}')) AS CHAR(${length}))`,
  sensors: "JSON_UNQUOTE(JSON_EXTRACT(c.payload, '$.sensors'))",
  quote: (name) => `\`${name}\``
}

const sqlite: Payload = {
  id: "CAST(c.subject AS INTEGER)",
  time: (name) =>
    `strftime('%Y-%m-%dT%H:%M:%S', json_extract(c.payload, '$.${name}') / 1000000, 'unixepoch') || printf('.%06dZ', json_extract(c.payload, '$.${name}') % 1000000)`,
  text: (name) => `json_extract(c.payload, '$.${name}')`,
  sensors: "json_extract(c.payload, '$.sensors')",
  quote: (name) => `"${name}"`
}

const view = ({ id, quote, sensors, text, time }: Payload) => `
  SELECT ${id} AS id,
    ${time("start")} AS start_time,
    ${time("end")} AS end_time,
    ${text("kind", 16)} AS kind,
    ${text("text", 2_000)} AS ${quote("text")},
    ${sensors} AS sensor_ids,
    c.position AS version,
    c.log_position AS log_position,
    c.recorded_at AS recorded_at,
    c.actor AS ${quote("by")},
    c.reason AS reason
  FROM catalogue_events c
  WHERE c.kind = 'annotation' AND c.type <> 'AnnotationWithdrawn'
    AND NOT EXISTS (SELECT 1 FROM catalogue_events n
      WHERE n.kind = c.kind AND n.subject = c.subject AND n.previous = c.position)`

export const annotationsView = [
  {
    name: "annotations",
    mysql: `CREATE OR REPLACE VIEW annotations AS ${view(mysql)}`,
    sqlite: `CREATE VIEW IF NOT EXISTS annotations AS ${view(sqlite)}`
  }
] as const
