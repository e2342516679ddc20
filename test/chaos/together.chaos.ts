/**
 * Ten processes with all roles start at once on one empty MariaDB, again and again.
 *
 * Proves: all of them run; each migration is noted once, and the schema is the one that a process alone makes; each name
 * has one owner; and what one stores, all answer.
 */
import { assert } from "vitest"
import { until } from "../support/tidemark.js"
import { quantile, report, scaled } from "./kit/figures.js"
import { healthOf, readied } from "./kit/processes.js"
import { onMysql, Scene } from "./kit/scene.js"
import type { Server } from "./kit/server.js"
import { mysqlStore, type Store } from "./kit/store.js"

const TIMES = scaled(50, 1)
const PROCESSES = 10
const OWNED = ["alerts", "digests", "minutes", "quality hours", "quality runs"]
/** Ten starts share a few cores. */
const READY_MS_MAX = 120_000
const READINGS = 20

/** Every column and index of a database, and its ledger of migrations. */
const schemaOf = async (store: Store) => ({
  columns: await store.query(
    `SELECT table_name AS t, column_name AS c, column_type AS type, is_nullable AS n, column_default AS d
      FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY t, ordinal_position`
  ),
  indexes: await store.query(
    `SELECT table_name AS t, index_name AS i, seq_in_index AS s, column_name AS c, non_unique AS u
      FROM information_schema.statistics WHERE table_schema = DATABASE() ORDER BY t, i, s`
  ),
  ledger: await store.query("SELECT id, name FROM schema_migrations ORDER BY id")
})

/** A database of its own on the same server, with so many processes, which are ready. */
const started = async (scene: Scene, store: Store, count: number): Promise<ReadonlyArray<Server>> => {
  const servers: Array<Server> = []
  // Ports are taken one by one; the starts are at once.
  for (let n = 0; n < count; n++) servers.push(await scene.server(store.url))
  await Promise.all(servers.map((server) => readied(server, READY_MS_MAX)))
  return servers
}

/** Within a scene of its own, which ends with all of its processes. */
const scened = async <A>(url: string, body: (scene: Scene, store: Store) => Promise<A>): Promise<A> => {
  const scene = new Scene()
  try {
    const store = await mysqlStore(url)
    scene.atEnd(() => store.remove())
    return await body(scene, store)
  } finally {
    await scene.end()
  }
}

const ownersOf = (servers: ReadonlyArray<Server>) =>
  until("an owner of each", 30_000, async () => {
    const owned = (await Promise.all(servers.map(healthOf))).flatMap(({ owns }) =>
      owns.map(({ name }) => name)
    )
    return owned.length >= OWNED.length && owned.sort()
  })

/** Each stores readings of a sensor of its own; answers how many each process shows of all. */
const storeAndRead = async (servers: ReadonlyArray<Server>) => {
  await Promise.all(
    servers.map(async ({ http }, sensor) => {
      const rows = Array.from({ length: READINGS }, (_, value) => ({
        sensor_id: sensor + 1,
        timestamp: new Date(Date.now() - value * 1_000).toISOString(),
        value
      }))
      const headers = { "content-type": "application/json" }
      const answer = await fetch(`${http}/data/`, { method: "POST", headers, body: JSON.stringify(rows) })
      assert.strictEqual(answer.status, 201, await answer.clone().text())
    })
  )
  return Promise.all(
    servers.map(async ({ http }) => {
      const answer = await fetch(`${http}/data/?limit=1000`)
      return ((await answer.json()) as ReadonlyArray<unknown>).length
    })
  )
}

onMysql(`${PROCESSES} processes start at once on an empty database, ${TIMES} times`, async (_, { url }) => {
  const server = url.slice(0, url.lastIndexOf("/"))
  const alone = await scened(server, async (scene, store) => {
    await started(scene, store, 1)
    return schemaOf(store)
  })
  const took: Array<number> = []
  for (let n = 0; n < TIMES; n++) {
    await scened(server, async (scene, store) => {
      const since = performance.now()
      const servers = await started(scene, store, PROCESSES)
      took.push(performance.now() - since)
      assert.deepStrictEqual(await ownersOf(servers), OWNED)
      assert.deepStrictEqual(await schemaOf(store), alone)
      const shown = await storeAndRead(servers)
      assert.deepStrictEqual(
        shown,
        servers.map(() => PROCESSES * READINGS)
      )
      assert.isTrue(servers.every((one) => one.running))
    })
  }
  report("ten processes at once", {
    times: took.length,
    processes: PROCESSES,
    "all ready p50 (ms)": quantile(took, 0.5),
    "all ready max (ms)": Math.max(...took)
  })
})
