/** Whether the log holds what the world was told of, and nothing that nobody said. */
import type { Ledger } from "../Ledger.js"
import type { Observer } from "../Observer.js"
import { missing } from "./CommittedCheck.js"

const describe = (value: unknown): string => JSON.stringify(value)

/** Acknowledged messages that are not there. */
const losses = (observer: Observer, ledger: Ledger): ReadonlyArray<string> =>
  ledger.published
    .filter((message) => message.acknowledged && message.qos > 0)
    .flatMap((message) =>
      missing(observer, message).map(
        (statement) => `acknowledged and lost: ${message.number} ${describe(statement)}`
      )
    )

const keyOf = (sensor: unknown, time: unknown, value: unknown): string => `${sensor}|${time}|${value}`

/** Readings in the log that nobody said. */
const invented = (observer: Observer, ledger: Ledger): ReadonlyArray<string> => {
  const statements = new Set<string>()
  for (const { says } of ledger.published) {
    for (const one of says) {
      if (one._tag === "Reading") statements.add(keyOf(one.sensor, one.time ?? "", one.value))
    }
  }
  for (const { sensor, time, value } of ledger.made) statements.add(keyOf(sensor, time, value))
  return observer
    .rows(
      `SELECT e.position, COALESCE(s.name, e.sensor_id) AS sensor, e.occurred_at, e.value FROM events e
        JOIN sensors s ON s.id = e.sensor_id WHERE e.type = 'ReadingRecorded'`
    )
    .filter(
      (row) =>
        !statements.has(keyOf(row.sensor, row.occurred_at, row.value)) &&
        !statements.has(keyOf(row.sensor, "", row.value))
    )
    .map((row) => `a reading that nobody sent: ${describe(row)}`)
}

/** Readings that are there more than once, where no person made them again after a deletion. */
const doubled = (observer: Observer, ledger: Ledger): ReadonlyArray<string> => {
  const creations = new Map<string, number>()
  for (const { sensor, time, value } of ledger.made) {
    const key = keyOf(sensor, time, value)
    creations.set(key, (creations.get(key) ?? 0) + 1)
  }
  return observer
    .rows(
      `SELECT sensor_id, occurred_at, value, COUNT(*) AS n FROM events WHERE type = 'ReadingRecorded'
        GROUP BY sensor_id, occurred_at, value HAVING COUNT(*) > 1`
    )
    .filter(
      (row) => Number(row.n) > 1 + (creations.get(keyOf(row.sensor_id, row.occurred_at, row.value)) ?? 0)
    )
    .map((row) => `a reading is recorded more than once: ${describe(row)}`)
}

/** Readings without a time of their own that are there more than once: each has a value that no other has. */
const countedTwice = (observer: Observer, ledger: Ledger): ReadonlyArray<string> => {
  const counted = ledger.published.flatMap(({ says }) =>
    says.flatMap((one) => (one._tag === "Reading" && one.time === null ? [one] : []))
  )
  return counted
    .filter(({ sensor, value }) => {
      const creations = ledger.made.filter((one) => one.sensor === sensor && one.value === value).length
      const rows = observer.rows(
        "SELECT 1 FROM events WHERE type = 'ReadingRecorded' AND sensor_id = ? AND value = ?",
        sensor,
        value
      )
      return rows.length > 1 + creations
    })
    .map((one) => `a reading without a time is recorded more than once: ${describe(one)}`)
}

/** What people did and were told. */
const amended = (observer: Observer, ledger: Ledger): ReadonlyArray<string> =>
  [...ledger.acted.values()].flatMap(({ corrected, id, states, tried }) => {
    const rows = observer.rows(
      `SELECT type, value FROM events WHERE (reading_id = ? AND reading_id IS NOT NULL) OR position = ?
        ORDER BY position`,
      id,
      id
    )
    const last = rows.at(-1)
    const state = last?.type === "ReadingDeleted" ? "deleted" : Number(last?.value)
    const corrections = rows.filter((row) => row.type === "ReadingCorrected").length
    return [
      ...(states.has(state)
        ? []
        : [`reading ${id} is ${state}, and people know of ${[...states].join(", ")}`]),
      ...(corrections >= corrected && corrections <= tried
        ? []
        : [`reading ${id} has ${corrections} corrections: ${corrected} succeeded of ${tried}`])
    ]
  })

/** Readings that people were told of are there. */
const unmade = (observer: Observer, ledger: Ledger): ReadonlyArray<string> =>
  ledger.made
    .filter(
      ({ sensor, sure, time, value }) =>
        sure &&
        observer.rows(
          "SELECT 1 FROM events WHERE sensor_id = ? AND occurred_at = ? AND value = ? LIMIT 1",
          sensor,
          time,
          value
        ).length === 0
    )
    .map((one) => `a person's reading is lost: ${describe(one)}`)

export const wrongTold = (observer: Observer, ledger: Ledger): ReadonlyArray<string> => [
  ...losses(observer, ledger),
  ...invented(observer, ledger),
  ...doubled(observer, ledger),
  ...countedTwice(observer, ledger),
  ...amended(observer, ledger),
  ...unmade(observer, ledger)
]
