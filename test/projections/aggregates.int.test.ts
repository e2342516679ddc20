import * as Layer from "effect/Layer"
import * as SqlEventLog from "../../src/eventlog/SqlEventLog.js"
import * as Aggregates from "../../src/projections/Aggregates.js"
import * as Minutes from "../../src/projections/Minutes.js"
import * as SqlMinuteStore from "../../src/projections/SqlMinuteStore.js"
import { describeDatabases } from "../support/databases.js"
import { aggregatesContract } from "./aggregates.contract.js"

describeDatabases("aggregates", (database) => {
  aggregatesContract(
    `on ${database.name}`,
    () =>
      Layer.merge(Minutes.layer({ batchMax: 4 }), Aggregates.layer({ allowedLateness: "10 seconds" })).pipe(
        Layer.provideMerge(SqlMinuteStore.layer),
        Layer.provideMerge(SqlEventLog.layer()),
        Layer.provideMerge(database.layer),
        Layer.fresh
      ),
    1
  )
})
