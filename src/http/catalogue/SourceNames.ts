/** What the sensors that others are computed from are called. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { DerivationSaid } from "../../domain/derived/Derivation.js"
import type { SensorId } from "../../domain/Ids.js"
import type { EventLogService, LogError } from "../../eventlog/EventLog.js"

type Sources = DerivationSaid["sources"]

/** Of each the name that the expression has; of one that it has by number its name now, null where it has none. */
export const namedSources = (
  log: EventLogService,
  sources: Sources
): Effect.Effect<ReadonlyArray<{ readonly sensor: SensorId; readonly name: string | null }>, LogError> =>
  Effect.forEach(sources, ({ name, sensor }) =>
    name !== null
      ? Effect.succeed({ sensor, name })
      : Effect.map(log.sensor(sensor), (answer) => ({
          sensor,
          name: Option.match(answer, { onNone: () => null, onSome: (one) => one.name })
        }))
  )
