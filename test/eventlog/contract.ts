/**
 * The contract of the event log: one suite that every implementation passes. Each test has a log of its own.
 */
import { describe } from "@effect/vitest"
import { devices } from "./contract/devices.js"
import { exactness } from "./contract/exactness.js"
import { laws } from "./contract/laws.js"
import { movesAndPosts } from "./contract/moving.js"
import { origins } from "./contract/origins.js"
import { people } from "./contract/people.js"
import { reading } from "./contract/reading.js"
import { rejecting } from "./contract/rejecting.js"
import { replacing } from "./contract/replacing.js"
import { sensors } from "./contract/sensors.js"
import { type MakeLog, suiteOn } from "./contract/support.js"
import { versions } from "./contract/versions.js"

/** `makeLog` gives a layer that is a new, empty log each time it is built. */
export const eventLogContract = (name: string, makeLog: MakeLog): void => {
  describe(`the contract of the event log, ${name}`, () => {
    const suite = suiteOn(makeLog)
    devices(suite)
    people(suite)
    origins(suite)
    movesAndPosts(suite)
    replacing(suite)
    sensors(suite)
    versions(suite)
    reading(suite)
    exactness(suite)
    rejecting(suite)
    laws(suite)
  })
}
