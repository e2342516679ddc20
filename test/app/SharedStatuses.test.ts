/** How simulated sensors do, as a process answers that does not simulate all of them. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as SharedStatuses from "../../src/app/SharedStatuses.js"
import { type SensorId, sensorId } from "../../src/domain/Ids.js"
import { OtherProcesses, type ProcessFigures } from "../../src/ownership/OtherProcesses.js"
import { type ActorStatus, SensorStatuses } from "../../src/sensors/SensorStatuses.js"
import { figures } from "../ownership/figures.js"

const status = (restarts: number): ActorStatus => ({
  ...{ state: "running", restarts, lastError: null, lastReadingAt: null }
})

const other = (process: string, id: number, restarts: number): ProcessFigures => ({
  ...figures,
  process,
  actors: [{ id: sensorId(id), ...status(restarts) }]
})

const asked = (own: ReadonlyArray<number>, others: ReadonlyArray<ProcessFigures> | null) =>
  Effect.flatMap(SensorStatuses, ({ all, get }) => Effect.all({ all, two: get(sensorId(2)) })).pipe(
    Effect.provide(
      SharedStatuses.layer.pipe(
        Layer.provide(
          Layer.mock(SensorStatuses, {
            all: Effect.succeed(
              new Map<SensorId, ActorStatus>(own.map((id) => [sensorId(id), status(0)] as const))
            )
          })
        ),
        Layer.provide(
          Layer.succeed(OtherProcesses, {
            others: Effect.succeed(others),
            saying: () => Effect.void,
            isShared: true
          })
        )
      )
    )
  )

describe("the statuses of simulated sensors", () => {
  it.effect("are those of this process, then those that another said last", () =>
    Effect.gen(function* () {
      const { all, two } = yield* asked([1], [other("new", 2, 5), other("old", 2, 4), other("old", 1, 9)])
      assert.deepStrictEqual(
        [...all].sort(([a], [b]) => a - b),
        [
          [sensorId(1), status(0)],
          [sensorId(2), status(5)]
        ]
      )
      assert.deepStrictEqual(two, Option.some(status(5)))
    })
  )

  it.effect("are those of this process alone while the database is away", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual([...(yield* asked([1], null)).all.keys()], [sensorId(1)])
    })
  )
})
