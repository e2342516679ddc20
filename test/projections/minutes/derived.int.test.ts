import * as Layer from "effect/Layer"
import * as SqlEventLog from "../../../src/eventlog/sql/SqlEventLog.js"
import * as Aggregates from "../../../src/projections/minutes/Aggregates.js"
import * as Minutes from "../../../src/projections/minutes/Minutes.js"
import * as SqlMinuteStore from "../../../src/projections/minutes/SqlMinuteStore.js"
import { describeDatabases } from "../../support/databases.js"
import { derivedContract } from "./derived.contract.js"

describeDatabases("derived sensors", (database) => {
  derivedContract(
    `on ${database.name}`,
    (batchMax) =>
      Layer.merge(Minutes.layer({ batchMax }), Aggregates.layer({ allowedLateness: "10 seconds" })).pipe(
        Layer.provideMerge(SqlMinuteStore.layer),
        Layer.provideMerge(SqlEventLog.layer()),
        Layer.provideMerge(database.layer),
        Layer.fresh
      ),
    2
  )
})
