/**
 * Whether what a message says is in the database, committed, at this moment: asked whenever an acknowledgement is
 * about to leave, and again at the end.
 */
import type { Published, Statement } from "../Ledger.js"
import type { Observer } from "../Observer.js"

const isRejected = (observer: Observer, payload: Uint8Array): boolean =>
  observer.rows("SELECT 1 FROM rejected_messages WHERE bytes = ? LIMIT 1", payload).length > 0

const sensorOf = (observer: Observer, sensor: number | string): number =>
  typeof sensor === "number"
    ? sensor
    : Number(observer.rows("SELECT id FROM sensors WHERE name = ?", sensor)[0]?.id ?? 0)

const isRecorded = (observer: Observer, statement: Statement & { readonly _tag: "Reading" }): boolean => {
  const sensor = sensorOf(observer, statement.sensor)
  const rows =
    statement.time === null
      ? observer.rows(
          "SELECT 1 FROM events WHERE sensor_id = ? AND value = ? LIMIT 1",
          sensor,
          statement.value
        )
      : observer.rows(
          "SELECT 1 FROM events WHERE sensor_id = ? AND occurred_at = ? AND value = ? LIMIT 1",
          sensor,
          statement.time,
          statement.value
        )
  return rows.length > 0
}

/** What of the message is neither stored nor kept as rejected; none when all of it is there. */
export const missing = (observer: Observer, message: Published): ReadonlyArray<Statement> =>
  message.says.filter((statement) =>
    statement._tag === "Poison" ? !isRejected(observer, message.payload) : !isRecorded(observer, statement)
  )
