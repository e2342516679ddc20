/** How the program is doing, from the status of each of its parts: never waits for a database that is away. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { Health } from "../api/system/HealthContract.js"
import { ALL_ROLES, type ProcessRoles } from "../config/ProcessRoles.js"
import { Database, type DatabaseStatus } from "../db/Transaction.js"
import { REJECTED_BYTES_KEPT } from "../domain/rejected/RejectedMessage.js"
import { formatTime } from "../domain/Time.js"
import { EventLog } from "../eventlog/EventLog.js"
import { HealthCheck } from "../http/core/Ports.js"
import { type IngestState, IngestStatus } from "../ingest/IngestStatus.js"
import { LineageEvents } from "../lineage/LineageEvents.js"
import { OtherProcesses, type ProcessFigures } from "../ownership/OtherProcesses.js"
import { Ownership } from "../ownership/Ownership.js"
import * as Checkpoints from "../projections/Checkpoints.js"
import { Minutes } from "../projections/minutes/Minutes.js"
import type { ProjectionStatus } from "../projections/Projection.js"
import { version } from "../telemetry/Version.js"
import { Intake } from "./Intake.js"
import { makeWarnings } from "./ProcessWarnings.js"

/** Folding lags by more than so many events: whoever reads aggregates should know. */
const LAG_WARNED = 50_000

const awayWarning = ({ reachable, reason, since }: DatabaseStatus): ReadonlyArray<string> =>
  reachable ? [] : [`the database does not answer since ${formatTime(since)}: ${reason}`]

const lagWarning = ({ behind }: ProjectionStatus): ReadonlyArray<string> =>
  behind > LAG_WARNED ? [`minutes are ${behind} events behind the log`] : []

/** What the others say is wrong with them: what this one says too is said once. */
const warningsOfOthers = (others: ReadonlyArray<ProcessFigures>, own: ReadonlyArray<string>) => [
  ...new Set(
    others.flatMap(({ roles, warnings }) =>
      warnings
        .filter((warning) => !own.includes(warning))
        .map((warning) => `the process with ${roles.join(", ")}: ${warning}`)
    )
  )
]

const quotaWarning = (
  { bytes, messages }: { readonly bytes: number; readonly messages: number },
  max: number
): ReadonlyArray<string> =>
  messages > 0 && bytes + REJECTED_BYTES_KEPT > max
    ? [
        `rejected messages hold ${bytes} bytes of the ${max} that MAX_REJECTED_BYTES allows: of those that come now only hash, reason and count may be kept`
      ]
    : []

const ingestStatus = { running: "ok", waiting: "waiting", failed: "stopped", stopping: "stopped" } as const

/** Of the head that is shown: the fold knows that of its last look, which was before. */
const behindOf = (position: number | null, fold: ProjectionStatus): number =>
  position === null ? fold.behind : Math.max(0, position - fold.position)

/** Without the database nothing is taken, also where ingest has not met that yet: then it is as the database is. */
const ingestOf = (db: DatabaseStatus, intake: IngestState): NonNullable<Health["ingest"]> => {
  const counts = { pending: intake.pendingMessages, dropped: intake.droppedQos0Total }
  const away = !db.reachable && intake.state === "running"
  const since = away ? db.since : intake.since
  return {
    status: away ? "waiting" : ingestStatus[intake.state],
    reason: away ? db.reason : intake.lastError,
    ...(since === null ? {} : { since: formatTime(since) }),
    ...counts
  }
}

const otherOf = ({ owns, process, roles, totals, warnings }: ProcessFigures) => ({
  process,
  roles,
  owns,
  pending: totals.pendingMessages,
  warnings
})

export interface HealthOptions {
  /** What rejected messages may hold. */
  readonly rejectedBytesMax: number
  readonly roles?: ProcessRoles
}

export const layer = ({ rejectedBytesMax, roles = ALL_ROLES }: HealthOptions) =>
  Layer.effect(
    HealthCheck,
    Effect.gen(function* () {
      const database = yield* Database
      const ingest = yield* IngestStatus
      const minutes = yield* Minutes
      const log = yield* EventLog
      const { link, started } = yield* Intake
      const lineage = yield* LineageEvents
      const ownership = yield* Ownership
      const { isShared, others } = yield* OtherProcesses
      const processWarnings = yield* makeWarnings
      const takesMessages = roles.has("broker") || roles.has("ingest")
      // Where another process folds, the database knows how far.
      const foldStatus = Effect.suspend(() =>
        ownership.owns(minutes.name)
          ? minutes.status
          : Effect.zipWith(minutes.status, Checkpoints.read(database, "minutes"), (status, at) => ({
              ...status,
              position: at?.position ?? status.position,
              lastError: null
            }))
      )
      const report = Effect.gen(function* () {
        const asked = Effect.all([log.head, log.rejectedTotals, foldStatus]).pipe(
          Effect.timeout("1 second"),
          Effect.orElseSucceed(() => null)
        )
        const [totals, processes] = yield* Effect.all([asked, others], { concurrency: 2 })
        const position = totals === null ? null : totals[0].position
        const db = yield* database.status
        const intake = yield* ingest.get
        const status = totals === null ? yield* minutes.status : totals[2]
        const fold = { ...status, behind: behindOf(position, status) }
        const broker = Option.getOrUndefined(yield* link)
        const lineageStatus = yield* lineage.status
        const owned = yield* ownership.epochs
        const own = [
          ...(yield* database.durability),
          ...awayWarning(db),
          ...(yield* processWarnings),
          ...lagWarning(fold),
          ...(totals === null ? [] : quotaWarning(totals[1], rejectedBytesMax))
        ]
        const warnings = [...own, ...warningsOfOthers(processes ?? [], own)]
        const health: Health = {
          status: db.reachable ? (warnings.length === 0 ? "ok" : "degraded") : "unavailable",
          version,
          roles: [...roles],
          ...(owned === null ? {} : { owns: [...owned].map(([name, epoch]) => ({ name, epoch })) }),
          ...(isShared && processes !== null ? { others: processes.map(otherOf) } : {}),
          position,
          database: { dialect: database.dialect, ...db, since: formatTime(db.since) },
          ...(broker === undefined ? {} : { broker: { ...broker, since: formatTime(broker.since) } }),
          ...(takesMessages ? { mqtt: { started: yield* started }, ingest: ingestOf(db, intake) } : {}),
          ...(lineage.target === null
            ? {}
            : {
                lineage: {
                  target: lineage.target,
                  delivered: lineageStatus.delivered,
                  failed: lineageStatus.failed,
                  dropped: lineageStatus.dropped,
                  reason: lineageStatus.lastError
                }
              }),
          projections: [{ name: "minutes", position: fold.position, lag: fold.behind }],
          warnings
        }
        return health
      })
      return { report }
    })
  )
