/**
 * A database that is reached by two ways, of which one works at a time: as with a managed server whose address is
 * refused, or silent, and then answers elsewhere.
 *
 * Proves: ingest goes on within 10 s of each fail-over, and nothing acknowledged is lost or doubled.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { assert } from "vitest"
import { chance, quantile, report, scaled } from "./kit/figures.js"
import { Proxy } from "./kit/proxy.js"
import { holds, newPlan, onMysql, verdictOn } from "./kit/scene.js"
import { backIn } from "./kit/stack.js"

const FAIL_OVERS = scaled(20, 2)
const RATE = 1_000
const BACK_MS_MAX = 10_000

onMysql(`${FAIL_OVERS} fail-overs between two hosts`, async (scene, store) => {
  const random = chance(7)
  const url = new URL(store.url)
  const ways = [await Proxy.start(Number(url.port)), await Proxy.start(Number(url.port))] as const
  for (const way of ways) scene.atEnd(() => way.stop())
  const hosts = ways.map(({ port }) => `127.0.0.1:${port}`).join(",")
  const server = await scene.server(store.url.replace(url.host, hosts))
  await server.ready()
  const publisher = scene.publisher("failover", { port: server.mqttPort, plan: newPlan(), rate: RATE })
  await publisher.acknowledgedMore(RATE, 30_000)
  const took: Array<number> = []
  for (let n = 0; n < FAIL_OVERS; n++) {
    const way = ways[n % 2]
    await sleep(500 + random() * 1_000)
    if (n % 4 < 2) await way?.refuse()
    else way?.blackHole()
    // What was on its way back is not counted.
    await sleep(20)
    took.push(await backIn(publisher, (await publisher.status()).acked, 2 * BACK_MS_MAX))
    await way?.pass()
  }
  const verdict = await verdictOn(store, [publisher], [await publisher.stop()])
  report("fail-over between two hosts", {
    times: took.length,
    "ingest back p50 (ms)": quantile(took, 0.5),
    "ingest back max (ms)": Math.max(...took),
    stored: verdict.stored,
    lost: verdict.lost,
    doubled: verdict.doubled,
    "wrong minutes": verdict.wrongMinutes
  })
  holds(verdict)
  assert.isAtMost(Math.max(...took), BACK_MS_MAX)
})
