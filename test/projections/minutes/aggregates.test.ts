import * as Layer from "effect/Layer"
import * as MemoryEventLog from "../../../src/eventlog/memory/MemoryEventLog.js"
import * as Aggregates from "../../../src/projections/minutes/Aggregates.js"
import * as MemoryMinuteStore from "../../../src/projections/minutes/MemoryMinuteStore.js"
import * as Minutes from "../../../src/projections/minutes/Minutes.js"
import { aggregatesContract } from "./aggregates.contract.js"

aggregatesContract(
  "in memory",
  () =>
    Layer.fresh(
      Layer.merge(Minutes.layer({ batchMax: 4 }), Aggregates.layer({ allowedLateness: "10 seconds" })).pipe(
        Layer.provideMerge(MemoryMinuteStore.layer),
        Layer.provideMerge(MemoryEventLog.layer())
      )
    ),
  3
)
