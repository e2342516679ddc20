/** What must hold of the log itself, whatever was published: read with plain SQL. */
import type { Observer } from "../Observer.js"

const QUERIES: ReadonlyArray<readonly [what: string, query: string]> = [
  [
    "positions have a hole, or do not begin at 1",
    "SELECT MAX(position) AS n FROM events HAVING COUNT(*) <> MAX(position) OR MIN(position) <> 1"
  ],
  [
    "the head is not at the last event",
    `SELECT position FROM log_head WHERE position <> (SELECT COALESCE(MAX(position), 0) FROM events)`
  ],
  [
    "recorded_at falls as the position rises",
    `SELECT b.position FROM events a JOIN events b ON b.position = a.position + 1
      WHERE b.recorded_at < a.recorded_at`
  ],
  [
    "an event is superseded by what is no correction or deletion of it",
    `SELECT a.position FROM events a LEFT JOIN events b ON b.position = a.superseded_by
      WHERE a.superseded_by IS NOT NULL AND (b.position IS NULL OR b.position <= a.position
        OR b.type NOT IN ('ReadingCorrected', 'ReadingDeleted')
        OR b.reading_id <> COALESCE(a.reading_id, a.position))`
  ],
  [
    "an event supersedes more or less than one",
    `SELECT b.position FROM events b LEFT JOIN events a ON a.superseded_by = b.position
      WHERE b.type IN ('ReadingCorrected', 'ReadingDeleted') GROUP BY b.position HAVING COUNT(a.position) <> 1`
  ],
  [
    "a reading has several rows in force",
    `SELECT COALESCE(reading_id, position) AS id FROM events
      WHERE type IN ('ReadingRecorded', 'ReadingCorrected') AND superseded_by IS NULL
      GROUP BY 1 HAVING COUNT(*) > 1`
  ],
  [
    "an event's version of its sensor is missing",
    `SELECT e.position FROM events e LEFT JOIN sensor_versions v
      ON v.sensor_id = e.sensor_id AND v.version = e.sensor_version WHERE v.version IS NULL`
  ],
  [
    "a sensor is registered twice",
    `SELECT sensor_id FROM events WHERE type = 'SensorRegistered' GROUP BY sensor_id HAVING COUNT(*) > 1`
  ],
  [
    "the totals of rejected messages are wrong",
    `SELECT 1 FROM log_head WHERE rejected_messages <> (SELECT COUNT(*) FROM rejected_messages)`
  ],
  [
    "the fold is not at the head",
    `SELECT position FROM checkpoints WHERE projection = 'minutes'
      AND position <> (SELECT position FROM log_head)`
  ]
]

/** Positions that were given out and that nobody takes back: each is a wait for whoever comes behind it. */
export const wrongReservations = (observer: Observer): ReadonlyArray<string> => {
  const rows = observer.rows("SELECT first_position AS first FROM log_reservations ORDER BY first_position")
  const left = rows.map(({ first }) => Number(first))
  return left.length === 1 && left[0] === 0 ? [] : [`the reservations at the end are ${left.join(", ")}`]
}

/** What is wrong with the log; nothing when all holds. */
export const wrongLog = (observer: Observer): ReadonlyArray<string> =>
  QUERIES.flatMap(([what, query]) => {
    const violations = observer.rows(query)
    return violations.length === 0 ? [] : [`${what}: ${JSON.stringify(violations.slice(0, 3))}`]
  })
