/** The keys of events are hashed from what the events say: a row that was changed does not fit its own. */
import { position, sensorId } from "../../domain/Ids.js"
import type { ReadingCandidate } from "../../domain/Reading.js"
import { micros } from "../../domain/Time.js"
import { keyOf, keyOfSensorEvent } from "../../eventlog/EventKey.js"
import type { Cell, Cells } from "../RowText.js"
import { eventsTable } from "../SavedTables.js"

const index = (name: string): number => eventsTable.columns.findIndex((column) => column.name === name)
const AT = {
  position: index("position"),
  key: index("event_id"),
  type: index("type"),
  sensor: index("sensor_id"),
  version: index("sensor_version"),
  time: index("occurred_at"),
  value: index("value"),
  payload: index("payload"),
  source: index("time_source")
}

type Payload = Readonly<Record<string, unknown>>
const payloadOf = (cell: Cell | undefined): Payload => (typeof cell === "object" && cell !== null ? cell : {})

/** The key that its facts give; null: it is hashed from what other rows say. */
const keyFrom = (row: Cells) => {
  const payload = payloadOf(row[AT.payload])
  const [at, sensor] = [micros(Number(row[AT.time])), sensorId(Number(row[AT.sensor]))]
  switch (row[AT.type]) {
    case "ReadingRecorded": {
      if (row[AT.source] != null || "moved_from" in payload || "restored_from" in payload) return null
      const { epoch, seq } = payload
      const reading: ReadingCandidate = {
        sensor: { _tag: "Numbered", id: sensor },
        occurredAt: at,
        value: Number(row[AT.value]),
        identity: {
          _tag: "Time",
          epoch: typeof epoch === "string" ? epoch : null,
          seq: typeof seq === "number" ? seq : null
        },
        said: {}
      }
      return keyOf(sensor, reading)
    }
    case "SensorRegistered":
    case "SensorChanged":
    case "SensorRetired":
      return keyOfSensorEvent(sensor, Number(row[AT.version]), position(Number(row[AT.position]) - 1), at)
    default:
      return null
  }
}

/** Hex digits of the time that leads a key. */
const TIME_DIGITS = 12

/**
 * The events that their keys do not fit. Of a block whose digest does not fit, in full: that tells which event it is. Else
 * the time alone: a boot id that a device gave without a count is hashed, and not stored.
 */
export const keyFaults = (rows: ReadonlyArray<Cells>, isDamaged: boolean): ReadonlyArray<string> =>
  rows.flatMap((row) => {
    const [key, stored] = [keyFrom(row), String(row[AT.key])]
    const fits =
      key === null ||
      key === stored ||
      (!isDamaged && key.slice(0, TIME_DIGITS) === stored.slice(0, TIME_DIGITS))
    return fits
      ? []
      : [
          `the event at position ${row[AT.position]} does not fit its key: its sensor, time or value was changed`
        ]
  })
