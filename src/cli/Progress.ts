/**
 * Progress of long work, on stderr: one line that is written over on a terminal, and a line every few seconds
 * elsewhere, so that a log shows that it goes on.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** How far the work is; `fraction` (0 to 1) is null while its end is not known. */
export interface Progress {
  readonly done: number
  readonly fraction: number | null
}

const TERMINAL_INTERVAL = "500 millis"
const LOG_INTERVAL = "5 seconds"

const span = (seconds: number): string => {
  const whole = Math.round(seconds)
  const [hours, minutes] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60]
  return hours > 0
    ? `${hours} h ${minutes} min`
    : minutes > 0
      ? `${minutes} min ${whole % 60} s`
      : `${whole} s`
}

/** `12000 readings, 3400/s, 40 %, 5 s left`. */
export const progressText = (unit: string, { done, fraction }: Progress, elapsedMs: number): string => {
  const seconds = elapsedMs / 1_000
  const rate = seconds > 0 ? Math.round(done / seconds) : 0
  const hasEstimate = fraction !== null && fraction > 0
  const estimate = hasEstimate
    ? `, ${Math.floor(fraction * 100)} %, ${span((seconds * (1 - fraction)) / fraction)} left`
    : ""
  return `${done} ${unit}, ${rate}/s${estimate}`
}

/** Shows how far the work is until the scope closes. `unit` is what is counted, in the plural. */
export const show = (unit: string, progress: () => Progress): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const terminal = process.stderr.isTTY === true
    const started = yield* Clock.currentTimeMillis
    const write = (text: string) => process.stderr.write(terminal ? `\r\x1b[2K${text}` : `${text}\n`)
    const line = Effect.map(Clock.currentTimeMillis, (now) =>
      write(progressText(unit, progress(), now - started))
    )
    yield* Effect.addFinalizer(() => Effect.sync(() => terminal && write("")))
    yield* line.pipe(
      Effect.delay(terminal ? TERMINAL_INTERVAL : LOG_INTERVAL),
      Effect.forever,
      Effect.forkScoped
    )
  })
