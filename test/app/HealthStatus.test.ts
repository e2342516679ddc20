/** What health makes of the statuses of its parts. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as HealthStatus from "../../src/app/HealthStatus.js"
import { Intake } from "../../src/app/Intake.js"
import { SYNTAX } from "../../src/db/Dialect.js"
import { Database } from "../../src/db/Transaction.js"
import { position } from "../../src/domain/Ids.js"
import { formatTime, micros } from "../../src/domain/Time.js"
import { EventLog } from "../../src/eventlog/EventLog.js"
import { HealthCheck } from "../../src/http/core/Ports.js"
import { IngestStatus } from "../../src/ingest/IngestStatus.js"
import { LineageEvents } from "../../src/lineage/LineageEvents.js"
import { OtherProcesses, type ProcessFigures } from "../../src/ownership/OtherProcesses.js"
import { Minutes } from "../../src/projections/minutes/Minutes.js"
import { figures } from "../ownership/figures.js"

const SINCE = micros(1_700_000_000_000_000)

const idle = {
  state: "running" as const,
  pendingMessages: 0,
  pendingBytes: 0,
  lastError: null,
  since: null,
  messagesTotal: 0,
  storedTotal: 0,
  repeatedTotal: 0,
  rejectedTotal: 0,
  droppedQos0Total: 0,
  fieldsIgnoredTotal: 0
}

const health = (
  status: { readonly reachable: boolean; readonly reason: string | null },
  fault?: string,
  rejected = { messages: 0, bytes: 0 },
  others: ReadonlyArray<ProcessFigures> = []
) => {
  const parts = Layer.mergeAll(
    Layer.mock(Database, {
      dialect: "mysql",
      locksRows: true,
      syntax: SYNTAX.mysql,
      encodeTime: SYNTAX.mysql.encodeTime,
      address: "MySQL tm@h:1/tm",
      status: Effect.succeed({ ...status, since: SINCE }),
      durability: Effect.succeed([])
    }),
    Layer.mock(EventLog, {
      head: Effect.succeed({ position: position(14_476), recordedAt: SINCE }),
      rejectedTotals: Effect.succeed(rejected)
    }),
    Layer.mock(IngestStatus, { get: Effect.succeed(idle) }),
    Layer.mock(Minutes, {
      name: "minutes",
      schedule: { every: 500, backoffMax: 2_000 },
      status: Effect.succeed({
        position: position(14_376),
        head: position(14_376),
        behind: 0,
        caughtUpAt: SINCE,
        lastError: null
      })
    }),
    Layer.mock(LineageEvents, {
      target: null,
      status: Effect.succeed({ delivered: 0, failed: 0, dropped: 0, lastError: null })
    }),
    Layer.mock(Intake, {
      started: Effect.succeed(true),
      link: Effect.succeedNone,
      sensorFileFault: Effect.succeed(fault ?? null)
    })
  )
  return Effect.flatMap(HealthCheck, ({ report }) => report).pipe(
    Effect.provide(Layer.provideMerge(HealthStatus.layer({ rejectedBytesMax: 1_000_000 }), parts)),
    Effect.provideService(OtherProcesses, {
      others: Effect.succeed(others),
      saying: () => Effect.void,
      isShared: true
    })
  )
}

describe("health", () => {
  it.effect("counts how far a projection is behind from the position that it shows", () =>
    Effect.gen(function* () {
      const { position, projections, status } = yield* health({ reachable: true, reason: null })
      assert.strictEqual(status, "ok")
      assert.strictEqual(position, 14_476)
      assert.deepStrictEqual(projections, [{ name: "minutes", position: 14_376, lag: 100 }])
    })
  )

  it.effect("says that ingest waits, why and since when, though it has not met a database that is away", () =>
    Effect.gen(function* () {
      const { ingest, status } = yield* health({ reachable: false, reason: "access denied" })
      assert.strictEqual(status, "unavailable")
      assert.deepInclude(ingest, { status: "waiting", reason: "access denied", since: formatTime(SINCE) })
      const well = yield* health({ reachable: true, reason: null })
      assert.deepStrictEqual(well.ingest, { status: "ok", reason: null, pending: 0, dropped: 0 })
    })
  )

  it.effect("is degraded while the sensor file is refused", () =>
    Effect.gen(function* () {
      const { status, warnings } = yield* health({ reachable: true, reason: null }, "sensors.json is refused")
      assert.strictEqual(status, "degraded")
      assert.deepStrictEqual(warnings, ["sensors.json is refused"])
    })
  )

  it.effect("tells of the other processes, and of what is wrong with them, once", () =>
    Effect.gen(function* () {
      const other = (process: string, ...warnings: ReadonlyArray<string>): ProcessFigures => ({
        ...figures,
        ...{ process, owns: ["minutes"], warnings }
      })
      const told = yield* health({ reachable: true, reason: null }, "sensors.json is refused", undefined, [
        other("a", "minutes are not being folded: no room"),
        other("b", "sensors.json is refused", "minutes are not being folded: no room")
      ])
      assert.strictEqual(told.status, "degraded")
      assert.deepStrictEqual(told.warnings, [
        "sensors.json is refused",
        "the process with fold: minutes are not being folded: no room"
      ])
      assert.deepStrictEqual(
        told.others?.map(({ owns, process, roles }) => ({ owns, process, roles })),
        ["a", "b"].map((process) => ({ owns: ["minutes"], process, roles: ["fold"] }))
      )
    })
  )

  it.effect("warns when the bytes of rejected messages are used up", () =>
    Effect.gen(function* () {
      const there = { reachable: true, reason: null }
      const quiet = yield* health(there, undefined, { messages: 9, bytes: 1_000_000 - 65_536 })
      assert.deepStrictEqual(quiet.warnings, [])
      const full = yield* health(there, undefined, { messages: 9, bytes: 1_000_000 - 65_535 })
      assert.strictEqual(full.status, "degraded")
      assert.match(
        full.warnings?.[0] ?? "",
        /hold 934465 bytes of the 1000000 that MAX_REJECTED_BYTES allows/
      )
    })
  )
})
