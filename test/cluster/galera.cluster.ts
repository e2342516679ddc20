/**
 * Three nodes of Galera, two processes that take each message, each from its own broker and by another node: a node is killed
 * (kill -9) and brought back, again and again, most times the one in use; then the one in use is stopped (SIGSTOP), until the
 * others have gone on without it, and woken.
 *
 * Proves: the migrations run on it; nothing acknowledged is lost or doubled and no minute is wrong, on any node; and ingest
 * goes on within 10 s of each kill.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { assert, it } from "vitest"
import type { Verdict } from "../chaos/kit/check.js"
import { chance, quantile, report } from "../chaos/kit/figures.js"
import { readied } from "../chaos/kit/processes.js"
import { holds, newPlan, Scene, verdictOn } from "../chaos/kit/scene.js"
import { backIn } from "../chaos/kit/stack.js"
import type { Store } from "../chaos/kit/store.js"
import { Galera, type GaleraNode, hasGalera } from "./kit/galera.js"

const KILLS = Number(process.env.CLUSTER_KILLS || "10")
const STOPS = Math.ceil(KILLS / 5)
/** The others have gone on without a node that is stopped for so long. */
const STOPPED_MS = 20_000
const WAKING_MS = 5_000
/** Messages/s, of each publisher. */
const RATE = 300
const BACK_MS_MAX = 10_000
const DATABASE = "tidemark"

const storeOn = (node: GaleraNode): Store => ({
  name: node.name,
  url: "",
  query: (sql, params = []) =>
    node.query(
      // The store is asked for tables of one database.
      sql.replaceAll(/\b(FROM|JOIN) (?!\()(\w+)/g, `$1 ${DATABASE}.$2`),
      params
    ),
  remove: async () => undefined
})

/** Each node answers with all that any has committed. */
const readable = (cluster: Galera) =>
  Promise.all(
    cluster.nodes.map(async (node) => {
      const start = performance.now()
      await node.query(`SELECT position FROM ${DATABASE}.log_head`).catch(async (error: unknown) => {
        const all = await Promise.all(cluster.nodes.map((other) => other.told()))
        throw new Error(
          `${node.name} had no answer in ${Math.round(performance.now() - start)} ms: ${error}\n${all.join("\n")}`
        )
      })
    })
  )

it.skipIf(!hasGalera())(
  `Galera of three, a node killed ${KILLS} times and stopped ${STOPS} times (galera-4 and rsync)`,
  async () => {
    const scene = new Scene()
    try {
      const cluster = await Galera.make()
      scene.atEnd(() => cluster.remove())
      const url = await cluster.database(DATABASE)
      const servers = [await scene.server(url(0)), await scene.server(url(1))]
      // Both at once: one migrates.
      await Promise.all(servers.map((server) => readied(server, 120_000)))
      const plan = newPlan()
      const publishers = servers.map((server, index) =>
        scene.publisher(`galera${index}`, { port: server.mqttPort, plan, rate: RATE })
      )
      await Promise.all(publishers.map((publisher) => publisher.acknowledgedMore(RATE, 30_000)))
      const random = chance(8)
      const took: Array<number> = []
      const back = async () => {
        const times = await Promise.all(
          publishers.map(async (publisher) =>
            backIn(publisher, (await publisher.status()).acked, 3 * BACK_MS_MAX)
          )
        )
        took.push(...times)
        report("Galera, a node gone", { "ingest back, each (ms)": times.map(Math.round).join(" ") })
      }
      for (let n = 0; n < KILLS; n++) {
        await sleep(500 + random() * 1_000)
        const used = await cluster.used()
        const node = n % 3 === 2 ? cluster.nodes.find((other) => other !== used) : used
        await node?.kill()
        await back()
        await node?.start()
        await readable(cluster)
      }
      for (let n = 0; n < STOPS; n++) {
        await sleep(500 + random() * 1_000)
        const node = await cluster.used()
        node.signal("SIGSTOP")
        const until = performance.now() + STOPPED_MS
        // What was on its way back is not counted.
        await sleep(50)
        await back()
        await sleep(Math.max(0, until - performance.now()))
        node.signal("SIGCONT")
        await Promise.all(publishers.map((publisher) => publisher.acknowledgedMore(RATE, 30_000)))
        // It finds out only now that the others have gone on.
        await sleep(WAKING_MS)
        await node.synced(cluster.nodes.length)
        await readable(cluster)
      }
      const ends = await Promise.all(publishers.map((publisher) => publisher.stop()))
      const verdicts: Array<Verdict> = []
      for (const node of cluster.nodes) verdicts.push(await verdictOn(storeOn(node), publishers, ends))
      const sum = (figure: "doubled" | "lost" | "wrongMinutes") =>
        verdicts.reduce((total, verdict) => total + verdict[figure], 0)
      report("Galera of three", {
        kills: KILLS,
        stops: STOPS,
        "ingest back p50 (ms)": quantile(took, 0.5),
        "ingest back max (ms)": Math.max(...took),
        stored: verdicts[0]?.stored ?? 0,
        "lost, on any node": sum("lost"),
        "doubled, on any node": sum("doubled"),
        "wrong minutes, on any node": sum("wrongMinutes")
      })
      for (const verdict of verdicts) holds(verdict)
      assert.isAtMost(Math.max(...took), BACK_MS_MAX)
    } finally {
      await scene.end()
    }
  }
)
