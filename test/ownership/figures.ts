import type { OwnFigures } from "../../src/ownership/OtherProcesses.js"

/** What a process says that has done nothing so far. */
export const figures: OwnFigures = {
  roles: ["fold"],
  owns: [],
  warnings: [],
  totals: {
    ...{ messages: 0, stored: 0, repeated: 0, rejected: 0, dropped: 0 },
    ...{ pendingMessages: 0, pendingBytes: 0, connections: 0 }
  },
  rates: {
    ...{ messagesPerMinute: null, storedPerMinute: null, repeatedPerMinute: null, rejectedPerMinute: null },
    history: []
  },
  appends: { count: 0, max: 0, sum: 0, upTo: [] },
  refused: { total: 0, last: [] },
  actors: []
}
