/** Whether this process can do what its roles are, from what health says of each part. */
import type { Health, Readiness } from "../../api/system/HealthContract.js"

type Part = NonNullable<Readiness["parts"]>[number]

/**
 * A broker elsewhere is not needed: it keeps what it gets while it is not subscribed to, and to take this process out
 * of service would leave readings by HTTP without one, too.
 */
export const readinessOf = ({ broker, database, ingest, mqtt, roles }: Health): Readiness => {
  const part = (name: Part["name"], ready: boolean | undefined, reason: string | null | undefined): Part => ({
    name,
    ready: ready === true,
    needed: name !== "broker",
    reason: ready === true ? null : (reason ?? "not started yet")
  })
  const parts = [
    part("database", database?.reachable, database?.reason),
    // Without their roles there are none.
    ...(ingest === undefined ? [] : [part("ingest", ingest.status === "ok", ingest.reason)]),
    ...(mqtt === undefined ? [] : [part("mqtt", mqtt.started, null)]),
    ...(broker === undefined ? [] : [part("broker", broker.connected, broker.reason)])
  ]
  return {
    status: parts.every(({ needed, ready }) => ready || !needed) ? "ok" : "unavailable",
    ...(roles === undefined ? {} : { roles }),
    parts
  }
}
