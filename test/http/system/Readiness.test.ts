/** What the probe of readiness makes of health. */
import { assert, describe, it } from "@effect/vitest"
import type { Health } from "../../../src/api/system/HealthContract.js"
import { readinessOf } from "../../../src/http/system/Readiness.js"

const since = "2026-11-28T00:00:00.000000Z"
const database = { dialect: "mysql" as const, reachable: true, reason: null, since }
const ingest = { status: "ok" as const, reason: null, pending: 0, dropped: 0 }
const HEALTHY: Health = { status: "ok", database, mqtt: { started: true }, ingest }

const reasons = (health: Health) => {
  const { parts = [], status } = readinessOf(health)
  return [status, ...parts.flatMap(({ name, reason }) => (reason === null ? [] : [`${name}: ${reason}`]))]
}

describe("readiness", () => {
  it("is there when each part that is needed does its work, warnings or not", () => {
    assert.deepStrictEqual(reasons(HEALTHY), ["ok"])
    assert.deepStrictEqual(reasons({ ...HEALTHY, status: "degraded", warnings: ["minutes are behind"] }), [
      "ok"
    ])
  })

  it("is not there without the database, while ingest does not store, and before MQTT is open", () => {
    const away = { ...database, reachable: false, reason: "connect ECONNREFUSED" }
    const waiting = { ...ingest, status: "waiting" as const, reason: "connect ECONNREFUSED" }
    assert.deepStrictEqual(reasons({ ...HEALTHY, database: away, ingest: waiting }), [
      "unavailable",
      "database: connect ECONNREFUSED",
      "ingest: connect ECONNREFUSED"
    ])
    const stopped = { ...ingest, status: "stopped" as const, reason: "the log contradicts itself" }
    assert.deepStrictEqual(reasons({ ...HEALTHY, ingest: stopped }), [
      "unavailable",
      "ingest: the log contradicts itself"
    ])
    assert.deepStrictEqual(reasons({ ...HEALTHY, mqtt: { started: false } }), [
      "unavailable",
      "mqtt: not started yet"
    ])
  })

  it("is there without a broker elsewhere, and says so: readings by HTTP are taken", () => {
    const broker = { address: "mqtt://b:1883", connected: false, reason: "refused", since }
    assert.deepStrictEqual(reasons({ ...HEALTHY, broker }), ["ok", "broker: refused"])
  })
})
