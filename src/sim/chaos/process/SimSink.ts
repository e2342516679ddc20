/** What the simulated sensors of a process publish to: its own broker, watched for whether they keep what they owe. */
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import type { ReadingSinkService } from "../../../sensors/ReadingSink.js"
import type { Trace } from "../../Trace.js"
import { Owing } from "../check/OwingCheck.js"
import type { Ledger } from "../Ledger.js"
import type { SimProcess } from "./SimProcess.js"
import { saidOf } from "./SimSensors.js"

const encoder = new TextEncoder()

/** A process is about to publish for a sensor. */
export type Publishing = (process: SimProcess, topic: string) => void

export const sinkOf = (
  process: SimProcess,
  ledger: Ledger,
  trace: Trace,
  publishing: Publishing = () => {}
): Effect.Effect<ReadingSinkService> =>
  Effect.map(Effect.runtime<never>(), (runtime) => {
    const owing = new Owing(trace)
    const run = Runtime.runFork(runtime)
    return {
      publish: (topic, payload, settle) => {
        const broker = process.running?.broker
        if (broker === undefined) return settle("not connected")
        publishing(process, topic)
        const message = ledger.publish(topic, encoder.encode(payload), 1, [saidOf(payload)])
        owing.began(topic, payload)
        const sending = Effect.map(broker.send(broker.connect(), message), (acknowledged) => {
          owing.ended(topic, payload, acknowledged)
          settle(acknowledged ? null : "connection lost")
        })
        run(sending)
      }
    }
  })
