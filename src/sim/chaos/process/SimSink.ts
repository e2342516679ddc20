/** What the simulated sensors of a process publish to: its own broker, watched for whether they keep what they owe. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { NotAcknowledged, type ReadingSinkService } from "../../../sensors/ReadingSink.js"
import type { Trace } from "../../Trace.js"
import { Owing } from "../check/OwingCheck.js"
import type { Ledger } from "../Ledger.js"
import type { SimProcess } from "./SimProcess.js"
import { saidOf } from "./SimSensors.js"

const encoder = new TextEncoder()

export const sinkOf = (process: SimProcess, ledger: Ledger, trace: Trace): ReadingSinkService => {
  const owing = new Owing(trace)
  return {
    publish: (topic, payload) =>
      Effect.suspend(() => {
        const broker = process.running?.broker
        if (broker === undefined) return Effect.fail(new NotAcknowledged({ reason: "not connected" }))
        const message = ledger.publish(topic, encoder.encode(payload), 1, [saidOf(payload)])
        owing.began(topic, payload)
        return Effect.flatMap(broker.send(broker.connect(), message), (acknowledged) =>
          acknowledged ? Effect.void : Effect.fail(new NotAcknowledged({ reason: "connection lost" }))
        ).pipe(Effect.onExit((exit) => Effect.sync(() => owing.ended(topic, payload, Exit.isSuccess(exit)))))
      })
  }
}
