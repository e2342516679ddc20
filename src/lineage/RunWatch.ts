/**
 * What becomes a run event: that minutes were folded, seen from outside by the status of the fold, so that the fold
 * knows nothing of it; and reports of quality, at most one in so long.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import { foldEvents, type LineageSource, qualityEvents } from "../domain/standards/OpenLineage.js"
import { type Micros, micros } from "../domain/Time.js"
import { Ownership } from "../ownership/Ownership.js"
import { Minutes } from "../projections/minutes/Minutes.js"
import { Quality } from "../projections/quality/Quality.js"
import { nowMicros } from "../telemetry/Instant.js"
import { LineageEvents } from "./LineageEvents.js"

/** Folds of so long are told of as one run; a report of quality within it is not told of again. */
export const RUN_INTERVAL = Duration.seconds(60)
const RUN_MICROS = Duration.toMillis(RUN_INTERVAL) * 1_000

/** Tells of each stretch of time in which minutes were folded, or failed to be. */
export const foldRuns = (source: LineageSource) =>
  Layer.scopedDiscard(
    Effect.gen(function* () {
      const lineage = yield* LineageEvents
      const minutes = yield* Minutes
      const { whileOwned } = yield* Ownership
      if (lineage.target === null) return
      const lastLook = yield* Ref.make({ position: (yield* minutes.status).position, at: yield* nowMicros })
      const look = Effect.gen(function* () {
        const before = yield* Ref.get(lastLook)
        const { lastError, position } = yield* minutes.status
        const at = yield* nowMicros
        yield* Ref.set(lastLook, { position, at })
        if (position === before.position && lastError === null) return
        yield* lineage.offer(
          foldEvents(source, {
            from: before.position,
            to: position,
            startedAt: before.at,
            endedAt: at,
            error: lastError
          })
        )
      })
      // Where another process folds, that tells of it.
      const looks = Effect.schedule(look, Schedule.spaced(RUN_INTERVAL))
      yield* Effect.forkScoped(whileOwned(minutes.name, looks))
    })
  )

/** Quality whose reports are told of; what is answered is the same. */
export const watchedQuality = (source: LineageSource) =>
  Layer.effect(
    Quality,
    Effect.gen(function* () {
      const quality = yield* Quality
      const lineage = yield* LineageEvents
      if (lineage.target === null) return quality
      const lastReport = yield* Ref.make<Micros>(micros(0))
      return Quality.of({
        ...quality,
        report: (question) =>
          Effect.gen(function* () {
            const startedAt = yield* nowMicros
            const report = yield* quality.report(question)
            const endedAt = yield* nowMicros
            const due = yield* Ref.modify(lastReport, (last) =>
              endedAt - last >= RUN_MICROS ? [true, endedAt] : [false, last]
            )
            if (due) yield* lineage.offer(qualityEvents(source, report, startedAt, endedAt))
            return report
          })
      })
    })
  )
