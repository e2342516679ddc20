import { assert, describe, it } from "@effect/vitest"
import { mysqlRisks } from "../../src/db/Durability.js"

const risks = (variables: Readonly<Record<string, string>>) => mysqlRisks(new Map(Object.entries(variables)))

describe("what of a MySQL server's settings may lose a commit", () => {
  it("is nothing where each commit is flushed", () => {
    assert.deepStrictEqual(risks({}), [])
    assert.deepStrictEqual(
      risks({
        innodb_flush_log_at_trx_commit: "1",
        log_bin: "ON",
        sync_binlog: "1",
        innodb_doublewrite: "ON",
        innodb_flush_method: "O_DIRECT"
      }),
      []
    )
    assert.deepStrictEqual(risks({ log_bin: "OFF", sync_binlog: "0" }), [])
    assert.deepStrictEqual(risks({ innodb_flush_log_at_trx_commit: "3" }), [])
  })

  it("is named with its value, each for itself", () => {
    assert.deepStrictEqual(risks({ innodb_flush_log_at_trx_commit: "0" }), [
      "innodb_flush_log_at_trx_commit is 0, not 1"
    ])
    assert.deepStrictEqual(risks({ log_bin: "ON", sync_binlog: "1000" }), [
      "sync_binlog is 1000, not 1, and the binary log is on"
    ])
    assert.lengthOf(risks({ innodb_doublewrite: "OFF" }), 1)
    assert.lengthOf(risks({ innodb_doublewrite: "DETECT_ONLY" }), 1)
    assert.lengthOf(risks({ innodb_flush_method: "nosync" }), 1)
    assert.lengthOf(
      risks({ innodb_flush_log_at_trx_commit: "2", log_bin: "1", sync_binlog: "0", innodb_doublewrite: "0" }),
      3
    )
  })
})
