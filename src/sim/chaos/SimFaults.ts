/** Pure: the faults of a simulated server's statements, and which statement is which. */

/**
 * What a statement is, as far as faults are concerned. `checkpoint` stands between a fold and its commit; `lease` renews,
 * `take` takes over. `reserve`, `claim` and `publish` are of batches that are appended beside each other (Reservations.ts),
 * `take back` of who ends them (LogHead.ts).
 */
export type Occasion =
  | "begin"
  | "insert"
  | "checkpoint"
  | "lease"
  | "take"
  | "reserve"
  | "claim"
  | "publish"
  | "take back"
  | "commit"
  | "rollback"
  | "read"
  | "other"

/** What only a server meets whose transactions run beside each other. */
export const BESIDE_OCCASIONS = ["reserve", "claim", "publish", "take back"] as const

export type FaultKind =
  | "crash before"
  | "crash after"
  | "deadlock"
  | "lost"
  | "lost answer"
  | "too many connections"
  | "broken for good"
  | "stall"
  | "pause"
  | "cut off"

/** Met once, by the next statement of its kind. */
export interface Fault {
  readonly on: Occasion
  readonly kind: FaultKind
  /** Of this process alone; null: of any. */
  readonly client: string | null
  /** How long a stall takes, or a process is stopped or cut off. */
  readonly millis: number
  /** Of a stall that cuts the connection: the statement is done all the same. */
  readonly done: boolean
}

/** What the server says of a table that is gone: no retry helps, and whoever runs the process has to. */
export const BEYOND_REPAIR = { code: "ER_NO_SUCH_TABLE", errno: 1146 } as const

/** A value that the simulated server can't store, as a column that is too narrow could not. */
export const ROW_FAULT_VALUE = 6.02214076e23

const OCCASIONS: ReadonlyArray<readonly [RegExp, Occasion]> = [
  [/^\s*BEGIN/, "begin"],
  [/^\s*INSERT INTO events/, "insert"],
  [/^\s*INSERT INTO log_reservations \(first_position, last_position, recorded_at\)\s+VALUES/, "reserve"],
  [/^\s*SELECT first_position FROM log_reservations WHERE first_position = \?/, "claim"],
  [/^\s*SELECT first_position FROM log_reservations\s+WHERE first_position > 0 AND/, "publish"],
  [/^\s*DELETE FROM log_reservations WHERE first_position > 0/, "take back"],
  [/^\s*UPDATE checkpoints/, "checkpoint"],
  [/^\s*UPDATE ownership SET owner/, "take"],
  [/^\s*UPDATE ownership/, "lease"],
  [/^\s*COMMIT/, "commit"],
  [/^\s*ROLLBACK/, "rollback"]
]

const cache = new Map<string, Occasion>()

export const occasionOf = (text: string): Occasion => {
  const classification = cache.get(text)
  if (classification !== undefined) return classification
  const occasion = OCCASIONS.find(([pattern]) => pattern.test(text))?.[1] ?? "other"
  cache.set(text, occasion)
  return occasion
}
