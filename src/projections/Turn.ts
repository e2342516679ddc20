/** How work that goes on behind everything else lets others go first, between two pieces of it. */
import * as Effect from "effect/Effect"

/** One turn of the event loop, a millisecond or so: sockets are read. For work that is behind, and has to hurry. */
export const shortTurn = Effect.sleep(0)

/**
 * A file's statements wait for nothing, so two pieces would follow each other at once. A batch of what the first turn has
 * brought is appended after the second: it waits a millisecond for more.
 */
export const othersTurn = Effect.repeatN(shortTurn, 2)
