/**
 * Where run events of OpenLineage go: to an address or a file that the settings name, or nowhere.
 *
 * Invariants:
 * 1. Who offers never waits and never fails: what there is no room for is dropped and counted.
 * 2. One event is on its way at a time, for so long at most; what can't be delivered is counted and not tried again.
 * 3. No address comes from anywhere but the settings, and none is followed elsewhere.
 */
import { appendFile, rename, stat } from "node:fs/promises"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import { deliver } from "../telemetry/HttpDelivery.js"

export const LINEAGE_WAITING_MAX = 200
const DELIVERY_MAX = "5 seconds"
/** Bytes of the file; the one before is kept beside it as `.1`. */
export const LINEAGE_FILE_BYTES_MAX = 67_108_864

export type LineageTarget =
  | { readonly _tag: "Http"; readonly url: string; readonly key: Redacted.Redacted | undefined }
  | { readonly _tag: "File"; readonly path: string }

export interface LineageStatus {
  readonly delivered: number
  readonly failed: number
  readonly dropped: number
  /** Why the last delivery failed; null: it did not. */
  readonly lastError: string | null
}

export interface LineageEventsService {
  /** Where they go, without secrets; null: nowhere, and nothing need be made. */
  readonly target: string | null
  readonly offer: (events: ReadonlyArray<object>) => Effect.Effect<void>
  readonly status: Effect.Effect<LineageStatus>
}

export class LineageEvents extends Context.Tag("tidemark/LineageEvents")<
  LineageEvents,
  LineageEventsService
>() {}

const NOTHING: LineageStatus = { delivered: 0, failed: 0, dropped: 0, lastError: null }

/** Nobody asked for any. */
export const none: Layer.Layer<LineageEvents> = Layer.succeed(LineageEvents, {
  target: null,
  offer: () => Effect.void,
  status: Effect.succeed(NOTHING)
})

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const toFile = (path: string, event: object) =>
  Effect.tryPromise({
    try: async () => {
      const size = await stat(path).then(
        (file) => file.size,
        () => 0
      )
      if (size > LINEAGE_FILE_BYTES_MAX) await rename(path, `${path}.1`)
      await appendFile(path, `${JSON.stringify(event)}\n`)
    },
    catch: reasonOf
  })

const toHttp = (url: string, key: Redacted.Redacted | undefined, event: object) =>
  deliver(
    HttpClientRequest.post(url).pipe(
      HttpClientRequest.bodyUnsafeJson(event),
      key === undefined ? (same) => same : HttpClientRequest.bearerToken(Redacted.value(key))
    )
  )

const addressOf = (target: LineageTarget): string => {
  if (target._tag === "File") return target.path
  const { host, pathname, protocol } = new URL(target.url)
  return `${protocol}//${host}${pathname}`
}

const make = (target: LineageTarget) =>
  Effect.gen(function* () {
    const waiting = yield* Queue.dropping<object>(LINEAGE_WAITING_MAX)
    const status = yield* Ref.make(NOTHING)
    const address = addressOf(target)
    const send = (event: object) =>
      target._tag === "File" ? toFile(target.path, event) : toHttp(target.url, target.key, event)

    const failed = (reason: string) =>
      Effect.gen(function* () {
        const before = yield* Ref.getAndUpdate(status, (was) => ({
          ...was,
          failed: was.failed + 1,
          lastError: reason
        }))
        if (before.lastError === null) {
          yield* Effect.logWarning(`lineage events can't be delivered to ${address}: ${reason}`)
        }
      })
    const deliver = (event: object) =>
      send(event).pipe(
        Effect.timeoutFail({ duration: DELIVERY_MAX, onTimeout: () => "it does not answer" }),
        Effect.catchAllDefect((defect) => Effect.fail(reasonOf(defect))),
        Effect.matchEffect({
          onFailure: failed,
          onSuccess: () =>
            Ref.update(status, (was) => ({ ...was, delivered: was.delivered + 1, lastError: null }))
        })
      )
    yield* Effect.forkScoped(Effect.forever(Effect.flatMap(Queue.take(waiting), deliver)))

    const service: LineageEventsService = {
      target: address,
      offer: (events) =>
        Effect.forEach(
          events,
          (event) =>
            Effect.flatMap(Queue.offer(waiting, event), (isQueued) =>
              isQueued ? Effect.void : Ref.update(status, (was) => ({ ...was, dropped: was.dropped + 1 }))
            ),
          { discard: true }
        ),
      status: Ref.get(status)
    }
    return service
  })

export const layer = (target: LineageTarget | undefined): Layer.Layer<LineageEvents> =>
  target === undefined ? none : Layer.scoped(LineageEvents, make(target))
