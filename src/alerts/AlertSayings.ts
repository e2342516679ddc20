/** What people said that alerts go by, read again only when somebody has said something since. */
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Rows from "../db/Rows.js"
import { Database } from "../db/Transaction.js"
import type { AlertRule, AlertSilence } from "../domain/alert/AlertRule.js"
import type { Annotation } from "../domain/catalogue/Annotation.js"
import type { CatalogueEvent } from "../domain/catalogue/CatalogueEdits.js"
import { downtimesIn } from "../domain/catalogue/PlannedDowntime.js"
import { type SensorId, sensorId } from "../domain/Ids.js"
import type { Tags } from "../domain/shaping/Tags.js"
import { CatalogueLog } from "../eventlog/CatalogueLog.js"
import { mapped } from "../eventlog/LogFailure.js"

export interface Said {
  /** Those that are switched on, by their names. */
  readonly rules: ReadonlyMap<string, AlertRule>
  readonly silences: ReadonlyArray<AlertSilence>
  /** Spells in which sensors are planned to be down. */
  readonly downtimes: ReadonlyArray<Annotation>
  readonly tags: ReadonlyMap<SensorId, Tags>
}

const rulesIn = (events: ReadonlyArray<CatalogueEvent>): Said["rules"] =>
  new Map(
    events.flatMap((event) =>
      event.type === "AlertRuleSet" && event.payload.enabled ? [[event.subject, event.payload] as const] : []
    )
  )

/** The latest of it. */
export const makeSaid = Effect.gen(function* () {
  const database = yield* Database
  const words = yield* CatalogueLog
  const memory = yield* Ref.make<{ readonly at: number; readonly said: Said } | null>(null)
  const newest = mapped(
    database.read((sql) =>
      Effect.flatMap(
        sql`SELECT MAX(position) AS position FROM catalogue_events`,
        Rows.only(({ position }) => Rows.total(position))
      )
    )
  )
  return Effect.gen(function* () {
    const at = yield* newest
    const before = yield* Ref.get(memory)
    if (before?.at === at) return before.said
    const said: Said = {
      rules: rulesIn(yield* words.current("alert-rule")),
      silences: (yield* words.current("silence")).flatMap(({ payload, type }) =>
        type === "AlertsSilenced" ? [payload] : []
      ),
      downtimes: downtimesIn(yield* words.current("annotation")),
      tags: new Map(
        (yield* words.current("tags")).flatMap(({ payload, subject, type }) =>
          type === "SensorTagged" ? [[sensorId(Number(subject)), payload] as const] : []
        )
      )
    }
    yield* Ref.set(memory, { at, said })
    return said
  })
})
