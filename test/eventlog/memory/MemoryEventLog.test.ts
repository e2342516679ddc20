import * as MemoryEventLog from "../../../src/eventlog/memory/MemoryEventLog.js"
import { eventLogContract } from "../contract.js"

eventLogContract("in memory", MemoryEventLog.layer)
