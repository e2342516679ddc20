import * as Layer from "effect/Layer"
import * as MemoryEventLog from "../../../src/eventlog/memory/MemoryEventLog.js"
import * as MemoryMinuteStore from "../../../src/projections/minutes/MemoryMinuteStore.js"
import * as Minutes from "../../../src/projections/minutes/Minutes.js"
import { minutesContract } from "./minutes.contract.js"

minutesContract(
  "in memory",
  (batchMax) =>
    Layer.fresh(
      Minutes.layer({ batchMax }).pipe(
        Layer.provideMerge(MemoryMinuteStore.layer),
        Layer.provideMerge(MemoryEventLog.layer())
      )
    ),
  8
)
