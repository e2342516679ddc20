/**
 * A bulk body's rows into the log, in batches, as a device's messages are: what was deleted stays deleted. Answers
 * after the commit of the last batch. When the log fails half-way the batches before are stored, and the same body
 * may be sent again: keys make it safe.
 */
import * as Effect from "effect/Effect"
import type { BulkResult, RowResult } from "../../api/data/Writing.js"
import { reachesAll } from "../../domain/access/Scope.js"
import type { ImportKey } from "../../domain/ImportKey.js"
import { fault, reasonOf } from "../../domain/rejected/RejectionFault.js"
import type { AppendItem, AppendOutcome, EventLogService, LogError } from "../../eventlog/EventLog.js"
import type { RowItem } from "../../ingest/codecs/MessageDecode.js"
import { nextTurn } from "../../telemetry/EventLoop.js"
import { CurrentPrincipal } from "../core/Auth.js"
import { ownRows } from "./OwnSensors.js"

/** Rows of one append: a batch of the embedded file holds the event loop. */
const BATCH_ROWS = 500
/** Rejected rows of one body that are kept each by itself; what is over becomes one more. */
export const REJECTED_KEPT_MAX = 1_000
/** Bytes that are kept of the rows over that bound. */
const OVER_BYTES_MAX = 65_536

type RejectedItem = Extract<AppendItem, { readonly _tag: "Rejected" }>

const resultOf = (row: number, outcome: AppendOutcome | undefined): RowResult => {
  switch (outcome?._tag) {
    case "Stored":
      return { row, status: "stored", id: outcome.position, reason: null }
    case "Repeated":
      return { row, status: "repeated", id: outcome.id, reason: null }
    default:
      return {
        row,
        status: "rejected",
        id: null,
        reason: outcome === undefined ? null : reasonOf(outcome.faults)
      }
  }
}

/** What was rejected over the bound. */
class Over {
  private readonly pieces: Array<Uint8Array> = []
  private size = 0
  private count = 0
  private first: RejectedItem | undefined

  add(item: RejectedItem): void {
    this.first ??= item
    this.count += 1
    if (this.size > OVER_BYTES_MAX) return
    this.size += item.source.bytes.length + 1
    this.pieces.push(item.source.bytes, Buffer.from("\n"))
  }

  get item(): AppendItem | undefined {
    return this.first === undefined
      ? undefined
      : {
          _tag: "Rejected",
          source: { ...this.first.source, bytes: Buffer.concat(this.pieces), metric: null },
          faults: [fault("more-rows", null, this.count), ...this.first.faults]
        }
  }
}

class Run {
  readonly results: Array<RowResult> = []
  readonly over = new Over()
  private kept = 0

  /** The items of a batch that the log is given; a row over the bound is answered here alone. */
  admit(rows: ReadonlyArray<RowItem>): ReadonlyArray<AppendItem> {
    return rows.flatMap(({ item }): ReadonlyArray<AppendItem> => {
      if (item._tag === "Reading") return [item]
      this.kept += 1
      if (this.kept <= REJECTED_KEPT_MAX) return [item]
      this.over.add(item)
      return []
    })
  }

  settle(
    rows: ReadonlyArray<RowItem>,
    items: ReadonlyArray<AppendItem>,
    outcomes: ReadonlyArray<AppendOutcome>
  ): void {
    let next = 0
    for (const { item, row } of rows) {
      const wasGiven = items[next] === item
      const outcome: AppendOutcome | undefined = wasGiven
        ? outcomes[next]
        : item._tag === "Rejected"
          ? { _tag: "Rejected", faults: item.faults }
          : undefined
      if (wasGiven) next += 1
      this.results.push(resultOf(row, outcome))
    }
  }
}

const count = (results: ReadonlyArray<RowResult>, status: RowResult["status"]): number =>
  results.reduce((sum, result) => sum + (result.status === status ? 1 : 0), 0)

/** Stores what can be stored, as part of an import where there is a key; the results are in the order of the rows. */
export const storeRows = (
  log: EventLogService,
  rows: Iterable<RowItem>,
  importKey?: ImportKey
): Effect.Effect<BulkResult, LogError, CurrentPrincipal> =>
  Effect.gen(function* () {
    const { scope } = yield* CurrentPrincipal
    const held = ownRows(log, scope)
    const run = new Run()
    const iterator = rows[Symbol.iterator]()
    for (;;) {
      const given: Array<RowItem> = []
      while (given.length < BATCH_ROWS) {
        const { done, value } = iterator.next()
        if (done === true) break
        given.push(importKey === undefined ? value : { ...value, item: { ...value.item, importKey } })
      }
      if (given.length === 0) break
      const batch = reachesAll(scope) ? given : yield* Effect.forEach(given, held)
      const items = run.admit(batch)
      const outcomes = items.length === 0 ? [] : yield* log.append(items)
      run.settle(batch, items, outcomes)
      // Others are served between two batches.
      yield* nextTurn
    }
    if (run.over.item !== undefined) yield* log.append([run.over.item])
    const { results } = run
    return {
      rows: results.length,
      stored: count(results, "stored"),
      repeated: count(results, "repeated"),
      rejected: count(results, "rejected"),
      results
    }
  })
