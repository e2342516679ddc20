import * as Layer from "effect/Layer"
import * as SqlEventLog from "../../../src/eventlog/sql/SqlEventLog.js"
import * as Minutes from "../../../src/projections/minutes/Minutes.js"
import * as SqlMinuteStore from "../../../src/projections/minutes/SqlMinuteStore.js"
import { describeDatabases } from "../../support/databases.js"
import { minutesContract } from "./minutes.contract.js"

describeDatabases("minutes", (database) => {
  minutesContract(
    `on ${database.name}`,
    (batchMax) =>
      Minutes.layer({ batchMax }).pipe(
        Layer.provideMerge(SqlMinuteStore.layer),
        Layer.provideMerge(SqlEventLog.layer()),
        Layer.provideMerge(database.layer),
        Layer.fresh
      ),
    5
  )
})
