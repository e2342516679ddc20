/** How work that goes on behind everything else lets others go first, between two pieces of it. */
import * as Effect from "effect/Effect"

/** Of the event loop, a millisecond or so each. */
const TURNS = 3

/**
 * A file's statements wait for nothing, so two pieces would follow each other at once. In the first turn sockets are read;
 * a batch of what they brought is appended after the second: it waits a millisecond for more.
 */
export const othersTurn = Effect.repeatN(Effect.sleep(0), TURNS - 1)
