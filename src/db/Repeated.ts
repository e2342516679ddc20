/** What is tried every two seconds for hours is said at once, when it changes, and else ever more rarely. */
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import { MICROS_PER_SECOND } from "../domain/Time.js"
import { nowMicros } from "../telemetry/Instant.js"

/** How long the same text is not said again: doubles each time, µs. */
const PAUSE_MIN = 4 * MICROS_PER_SECOND
const PAUSE_MAX = 32 * MICROS_PER_SECOND

/** Says a text by `say`, unless it said the same a short while ago. */
export const makeRepeated = (
  say: (text: string) => Effect.Effect<void>
): Effect.Effect<(text: string) => Effect.Effect<void>> =>
  Effect.map(
    Ref.make({ text: "", pause: 0, until: 0 }),
    (ref) => (text) =>
      Effect.flatMap(nowMicros, (now) =>
        Effect.flatten(
          Ref.modify(ref, (last) => {
            if (last.text === text && now < last.until) return [Effect.void, last]
            const pause = last.text === text ? Math.min(last.pause * 2, PAUSE_MAX) : PAUSE_MIN
            return [say(text), { text, pause, until: now + pause }]
          })
        )
      )
  )
