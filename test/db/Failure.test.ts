/** What the errors of each engine mean for a transaction: told by number, SQLSTATE, and Vitess's texts. */
import { assert, describe, it } from "@effect/vitest"
import { classify } from "../../src/db/Failure.js"
import { ENGINE_ERRORS, engineError } from "./engineErrors.js"

describe("The errors of engines", () => {
  for (const fault of ENGINE_ERRORS) {
    it(`${fault.name}: the transaction runs again`, () => {
      assert.strictEqual(classify(engineError(fault)).kind, "Transient")
      // A COMMIT that was refused as a conflict did nothing; of any other nobody knows.
      assert.strictEqual(
        classify(engineError(fault), true).kind,
        fault.rolledBack === true ? "Transient" : "Unknown"
      )
    })
  }

  it("are for good where running it again gives the same", () => {
    for (const [errno, message] of [
      [1406, "Data too long for column 'type' at row 1"],
      [1062, "Duplicate entry '1' for key 'PRIMARY'"],
      [1105, "unknown error"],
      [1105, "target: ks.0.primary: vttablet: rpc error: code = InvalidArgument desc = Aborted is no column"],
      [1105, "VT12001: unsupported: REPLACE INTO with sharded keyspace"]
    ] as const) {
      const error = engineError({ name: message, code: "ER_UNKNOWN_ERROR", errno })
      assert.strictEqual(classify(error).kind, "Permanent", message)
    }
  })

  it("are tried again where nobody knows them", () => {
    assert.strictEqual(classify(engineError({ name: "?", code: "ER_NEW", errno: 65_000 })).kind, "Transient")
  })
})
