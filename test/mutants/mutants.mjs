/**
 * Bugs to plant, one at a time, into the real code: what to replace by what, and what it breaks. `find` stands in
 * its file exactly once. Bugs that a simulated database can't show (what only another dialect's locks prevent, for
 * example a missing FOR UPDATE or a batch that is not sorted) name a `test` that has to find them on a real server.
 *
 * The list of each part of the product is in a file of its own.
 */
import { appenderMutants } from "./appenders.mjs"
import { besideMutants } from "./beside.mjs"
import { ingestMutants } from "./ingest.mjs"
import { logMutants } from "./log.mjs"
import { minuteMutants } from "./minutes.mjs"
import { ownershipMutants } from "./ownership.mjs"
import { peerMutants } from "./peers.mjs"

export const mutants = [
  ...ingestMutants,
  ...logMutants,
  ...minuteMutants,
  ...ownershipMutants,
  ...peerMutants,
  ...appenderMutants,
  ...besideMutants
]
