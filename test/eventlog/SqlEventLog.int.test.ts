import * as Layer from "effect/Layer"
import * as SqlEventLog from "../../src/eventlog/SqlEventLog.js"
import { describeDatabases } from "../support/databases.js"
import { eventLogContract } from "./contract.js"

describeDatabases("the event log", (database) => {
  eventLogContract(`on ${database.name}`, (limits) =>
    Layer.provide(SqlEventLog.layer(limits), Layer.fresh(database.layer))
  )
})
