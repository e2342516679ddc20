/**
 * What versions of sensors say of place and unit. A version never changes once it is there: each is asked for once, and a
 * page of readings carries none of it.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import { byKeys } from "../../db/ValueLists.js"
import type { Placed } from "../../domain/dataset/Place.js"
import { type SensorId, sensorId } from "../../domain/Ids.js"

type VersionPlace = Omit<Placed, "name">

/** Versions that are kept; over it all are asked for again. */
const VERSIONS_MAX = 20_000

const NOTHING: VersionPlace = { lat: null, lng: null, unit: null, type: null, description: null }

const COLUMNS = "v.sensor_id, v.version, v.lat, v.lng, v.unit, v.type, v.description"
const listed = (byKey: string) => (among: string) =>
  `SELECT ${COLUMNS} FROM sensor_versions v ${byKey} WHERE (v.sensor_id, v.version) ${among}`

type Places = Map<SensorId, Map<number, VersionPlace>>

const put = (places: Places, row: Rows.Row): void => {
  const sensor = sensorId(Rows.integer(row.sensor_id))
  const versions = places.get(sensor) ?? new Map<number, VersionPlace>()
  places.set(sensor, versions)
  versions.set(Rows.integer(row.version), {
    lat: Rows.maybeDouble(row.lat),
    lng: Rows.maybeDouble(row.lng),
    unit: Rows.maybeText(row.unit),
    type: Rows.maybeText(row.type),
    description: Rows.maybeText(row.description)
  })
}

export type PlaceOf = (sensor: SensorId, version: number) => VersionPlace

/**
 * Of one database, as others see it: what a transaction has written may be taken back, so it looks with a memory of its
 * own.
 */
export class Versions {
  private places: Places = new Map()
  private size = 0

  constructor(private readonly database: Pick<DatabaseService, "syntax">) {}

  /** What is here already, and how many versions were asked for that are not. */
  known(): { readonly placeOf: PlaceOf; readonly missed: () => number } {
    const { places } = this
    let missed = 0
    return {
      placeOf: (sensor, version) => {
        const place = places.get(sensor)?.get(version)
        if (place === undefined) missed += 1
        return place ?? NOTHING
      },
      missed: () => missed
    }
  }

  /** What these versions say, loaded where it is not here yet; a version that is not there says nothing. */
  load(
    sql: SqlClient,
    wanted: ReadonlyArray<readonly [SensorId, number]>
  ): Effect.Effect<PlaceOf, SqlError | Rows.BadCell> {
    if (this.size > VERSIONS_MAX) {
      // A new one: who reads still holds the old one, whole.
      this.places = new Map()
      this.size = 0
    }
    const { places } = this
    const placeOf: PlaceOf = (sensor, version) => places.get(sensor)?.get(version) ?? NOTHING
    const missing = wanted.filter(([sensor, version]) => !places.get(sensor)?.has(version))
    if (missing.length === 0) return Effect.succeed(placeOf)
    const distinct = [...new Map(missing.map((pair) => [pair.join(), pair])).values()]
    this.size += distinct.length
    const { byKey } = this.database.syntax
    return byKeys(sql, this.database, listed(byKey("PRIMARY")), distinct).pipe(
      Effect.flatMap(Rows.every((row) => put(places, row))),
      Effect.as(placeOf)
    )
  }
}
