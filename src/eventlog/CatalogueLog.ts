/**
 * The log of the catalogue: what people say of the data sets, of the words they use, and of sensors.
 *
 * Invariants:
 * 1. Append only: an event is never changed, and positions rise by one without a hole.
 * 2. Each event of a subject follows the one before it (`previous`): of two changes made of the same state, the
 *    second fails where it names that state.
 * 3. `logPosition` is the log's head under the same lock, so the two logs have one order.
 * 4. What is said of a sensor (`sensor`) moves the log itself: an event of that sensor stands at `logPosition`. So what
 *    holds as of a position of the log is known exactly, whenever it is asked for.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import { CatalogueChanged } from "../domain/catalogue/CatalogueChanged.js"
import type { CatalogueEvent, CatalogueSaying } from "../domain/catalogue/CatalogueEdits.js"
import type { Position, SensorId } from "../domain/Ids.js"
import type { LogError } from "./EventLog.js"

/** What an event is about. */
export type CatalogueKind =
  | ("dataset" | "term" | "calibration" | "tags" | "annotation" | "view")
  | ("derivation" | "alert-rule" | "silence")

export interface CatalogueChange {
  readonly kind: CatalogueKind
  /** Null: a new one, which is named by the position of its first event. */
  readonly subject: string | null
  /** The sensor that values depend on it of: an event of the log is appended with the change. */
  readonly sensor?: SensorId
  /** What happens to the subject as it is (its last event); null: nothing. */
  readonly decide: (last: CatalogueEvent | undefined) => CatalogueSaying | null
  /** Only if the subject's last event is one of these; 0: it has none. */
  readonly ifVersions?: ReadonlyArray<number> | undefined
  readonly reason?: string | undefined
  readonly actor?: string | undefined
}

export interface CatalogueLogService {
  /** The event that holds now, and whether this call made it; none: there is none, and nothing happened. */
  readonly change: (
    change: CatalogueChange
  ) => Effect.Effect<
    { readonly made: boolean; readonly event: Option.Option<CatalogueEvent> },
    LogError | CatalogueChanged
  >
  /** The last event of each subject of a kind, now or as of a position of the log, by subject. */
  readonly current: (
    kind: CatalogueKind,
    asOf?: Position
  ) => Effect.Effect<ReadonlyArray<CatalogueEvent>, LogError>
  /** All events of a subject, oldest first. */
  readonly history: (
    kind: CatalogueKind,
    subject: string
  ) => Effect.Effect<ReadonlyArray<CatalogueEvent>, LogError>
}

export class CatalogueLog extends Context.Tag("tidemark/CatalogueLog")<CatalogueLog, CatalogueLogService>() {}

/** What a change makes of a subject's last event: an event without its places, nothing, or a refusal. */
export const decided = (change: CatalogueChange, last: CatalogueEvent | undefined) => {
  const at = last?.position ?? 0
  return change.ifVersions !== undefined && !change.ifVersions.includes(at)
    ? Effect.fail(new CatalogueChanged({ subject: change.subject ?? "", position: at }))
    : Effect.succeed(change.decide(last))
}
