import * as Layer from "effect/Layer"
import * as MemoryEventLog from "../../../src/eventlog/memory/MemoryEventLog.js"
import * as Aggregates from "../../../src/projections/minutes/Aggregates.js"
import * as MemoryMinuteStore from "../../../src/projections/minutes/MemoryMinuteStore.js"
import * as Minutes from "../../../src/projections/minutes/Minutes.js"
import { derivedContract } from "./derived.contract.js"

derivedContract(
  "in memory",
  (batchMax) =>
    Layer.fresh(
      Layer.merge(Minutes.layer({ batchMax }), Aggregates.layer({ allowedLateness: "10 seconds" })).pipe(
        Layer.provideMerge(MemoryMinuteStore.layer),
        Layer.provideMerge(MemoryEventLog.layer())
      )
    ),
  6
)
