/** Whose turn it is to play the simulated sensors: of several processes one alone does. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Ownership } from "../ownership/Ownership.js"
import { ReadingSink } from "./ReadingSink.js"

/** What the one process owns that runs them. */
export const SENSORS = "sensors"

/** Runs it whenever it is the turn of this process: anew each time, and cut off when it is another's. */
export const whileInTurn = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Ownership, ({ whileOwned }) => whileOwned(SENSORS, effect))

/**
 * Two processes never publish at once: one that was stopped for a while publishes nothing until it knows that it is still
 * its turn. What it had handed to the broker's socket before may arrive then, once, as it was measured.
 */
export const inTurn = Layer.effect(
  ReadingSink,
  Effect.zipWith(ReadingSink, Ownership, (sink, { owns }) => ({
    publish: (topic, payload, settle) =>
      owns(SENSORS) ? sink.publish(topic, payload, settle) : settle("another process runs the sensors")
  }))
)
