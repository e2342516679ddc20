/** Clients that several processes turned away, as one list. */
import { assert, describe, it } from "@effect/vitest"
import { RefusedList, refusedOfAll } from "../../../src/broker/embedded/RefusedClients.js"

describe("refused clients of several processes", () => {
  it("are one list, the newest first, with each client, address and reason once", () => {
    const [one, two] = [new RefusedList(), new RefusedList()]
    one.add("a", "192.0.2.1", "not authorized", 1)
    one.add("b", "192.0.2.1", "not authorized", 4)
    two.add("a", "192.0.2.1", "not authorized", 3)
    two.add("a", "192.0.2.1", "not authorized", 3)
    two.add("a", "192.0.2.2", "not authorized", 2)
    assert.deepStrictEqual(
      refusedOfAll([one.last, two.last]).map(({ address, at, clientId, times }) => [
        clientId,
        address,
        at,
        times
      ]),
      [
        ["b", "192.0.2.1", 4, 1],
        ["a", "192.0.2.1", 3, 3],
        ["a", "192.0.2.2", 2, 1]
      ]
    )
    assert.deepStrictEqual(refusedOfAll([two.last, one.last]), refusedOfAll([one.last, two.last]))
  })
})
