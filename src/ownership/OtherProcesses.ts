/**
 * What the other processes on the database say of themselves, so that any of them answers for all. The port, and how it is
 * where there is one process alone.
 *
 * Each says it every few seconds: what is told of the others is that old. Who has said nothing for longer is gone.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { SensorId } from "../domain/Ids.js"
import { Micros } from "../domain/Time.js"

const Texts = Schema.Array(Schema.String)
const Count = Schema.Finite
const Rate = Schema.NullOr(Schema.Finite)

/** What came by MQTT since the process started, what waits of it, and who is connected. */
const Totals = Schema.Struct({
  messages: Count,
  stored: Count,
  repeated: Count,
  rejected: Count,
  dropped: Count,
  pendingMessages: Count,
  pendingBytes: Count,
  connections: Count
})
export type Totals = typeof Totals.Type

/** `history`: readings stored a second, `[ms since 1970, readings/s]`. Null: it has not run for long enough. */
const Rates = Schema.Struct({
  messagesPerMinute: Rate,
  storedPerMinute: Rate,
  repeatedPerMinute: Rate,
  rejectedPerMinute: Rate,
  history: Schema.Array(Schema.Tuple(Count, Count))
})

/** Times of appends, s. `upTo`: how many there were up to each bound, in the order of the bounds. */
const Appends = Schema.Struct({ count: Count, max: Count, sum: Count, upTo: Schema.Array(Count) })

const Refused = Schema.Struct({
  clientId: Schema.NullOr(Schema.String),
  address: Schema.NullOr(Schema.String),
  reason: Schema.String,
  at: Count,
  number: Count,
  times: Count
})

const Actor = Schema.Struct({
  id: SensorId,
  state: Schema.Literal("running", "restarting", "parked"),
  restarts: Count,
  lastError: Schema.NullOr(Schema.String),
  lastReadingAt: Schema.NullOr(Micros)
})

/** What a process says of itself. */
export const OwnFigures = Schema.Struct({
  roles: Texts,
  /** What it alone does at the moment. */
  owns: Texts,
  /** What is wrong with it, each in one line. */
  warnings: Texts,
  totals: Totals,
  rates: Rates,
  appends: Appends,
  refused: Schema.Struct({ total: Count, last: Schema.Array(Refused) }),
  /** Of the sensors that it simulates. */
  actors: Schema.Array(Actor)
})
export type OwnFigures = typeof OwnFigures.Type

export interface ProcessFigures extends OwnFigures {
  /** A name of its own. */
  readonly process: string
}

export interface OtherProcessesService {
  /** Each of the others that lives, who spoke last first; null: the database does not say. Never waits for one that is away. */
  readonly others: Effect.Effect<ReadonlyArray<ProcessFigures> | null>
  /** Says what it makes again and again, for as long as the scope lasts. */
  readonly saying: (figures: Effect.Effect<OwnFigures>) => Effect.Effect<void>
  /** There may be others. */
  readonly isShared: boolean
}

const ALONE: OtherProcessesService = {
  others: Effect.succeed([]),
  saying: () => Effect.void,
  isShared: false
}

export class OtherProcesses extends Context.Reference<OtherProcesses>()("tidemark/OtherProcesses", {
  defaultValue: (): OtherProcessesService => ALONE
}) {}
