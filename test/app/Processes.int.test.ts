/**
 * Several real processes on one MariaDB, under load: the one that folds is killed, and another goes on. The checker of
 * the chaos suite reads the database afterwards, and each live stream is held against the log.
 */
import { assert, describe, inject, it } from "vitest"
import { quantile } from "../chaos/kit/figures.js"
import { monotonicMicros } from "../chaos/kit/Publisher.js"
import {
  foldsAgain,
  healthOf,
  ownerOf,
  readied,
  StreamReader,
  type StreamVerdict,
  streamVerdict
} from "../chaos/kit/processes.js"
import { holds, newPlan, Scene, verdictOn } from "../chaos/kit/scene.js"
import type { Server } from "../chaos/kit/server.js"
import { mysqlStore, numberOf, type Store } from "../chaos/kit/store.js"
import { until } from "../support/tidemark.js"
import { answerAlike } from "./alike.js"

/** Messages a second. */
const RATE = 200
const FAIL_OVER_MS_MAX = 10_000
/** From the append to a reader of any process. */
const STREAM_MS_MAX = 1_000

const OWNED = ["alerts", "digests", "minutes", "quality hours", "quality runs"]

type Body = (scene: Scene, store: Store) => Promise<void>

const onMysql = (title: string, body: Body) =>
  it(title, async () => {
    const scene = new Scene()
    try {
      const store = await mysqlStore(inject("mysqlUrl"))
      scene.atEnd(() => store.remove())
      await body(scene, store)
    } finally {
      await scene.end()
    }
  })

/** Sensors whose actor the process shows. */
const actorsOf = async ({ http }: Server): Promise<number> => {
  const answer = await fetch(`${http}/sensors/`)
  const sensors = (await answer.json()) as ReadonlyArray<{ readonly status: unknown }>
  return sensors.filter(({ status }) => status !== null).length
}

const streamed = async (store: Store, readers: ReadonlyArray<StreamReader>) => {
  for (const reader of readers) {
    const { delays, ...wrong }: StreamVerdict = await streamVerdict(store, reader)
    assert.deepStrictEqual(wrong, { missing: 0, repeated: 0, disordered: 0 })
    // Other tests on the machine hold up some.
    assert.isAtMost(quantile(delays, 0.5), STREAM_MS_MAX, "ms from the append to a reader")
  }
}

const started = async (scene: Scene, store: Store, roles: ReadonlyArray<string>) => {
  const servers = await Promise.all(roles.map((ROLES) => scene.server(store.url, { ROLES })))
  await Promise.all(servers.map((server) => readied(server)))
  return servers
}

const readersOf = async (scene: Scene, servers: ReadonlyArray<Server>) => {
  const readers = await Promise.all(servers.map((server) => StreamReader.open(server)))
  for (const reader of readers) scene.atEnd(() => reader.close())
  return readers
}

describe.skipIf(inject("mysqlUrl") === "")("several processes on MySQL", () => {
  onMysql("with all roles: another goes on where the one that folds is killed", async (scene, store) => {
    const servers = await started(scene, store, ["all", "all", "all"])
    const { epoch, server: owner } = await ownerOf(servers, "minutes")
    const [to, ...rest] = servers.filter((server) => server !== owner)
    assert.isDefined(to)
    assert.lengthOf(rest, 1)
    // All are started on one empty database at once, and each name is one process' alone.
    const owned = await until("an owner of each", 10_000, async () => {
      const names = (await Promise.all(servers.map(healthOf))).flatMap(({ owns }) =>
        owns.map(({ name }) => name)
      )
      return names.length >= OWNED.length && names.sort()
    })
    assert.deepStrictEqual(owned, OWNED)
    const readers = await readersOf(
      scene,
      servers.filter((server) => server !== owner)
    )
    const plan = newPlan()
    const publishers = [to, ...rest].map((server, index) =>
      scene.publisher(`p${index}`, { port: server?.mqttPort ?? 0, plan, rate: RATE })
    )
    for (const publisher of publishers) await publisher.acknowledgedMore(RATE, 20_000)
    const since = monotonicMicros()
    await owner.end("SIGKILL")
    const took = await foldsAgain(store, since, FAIL_OVER_MS_MAX)
    assert.isAtMost(took, FAIL_OVER_MS_MAX)
    const next = await ownerOf(servers, "minutes")
    assert.notStrictEqual(next.server, owner)
    assert.strictEqual(next.epoch, epoch + 1)
    const ends = await Promise.all(publishers.map((publisher) => publisher.stop()))
    holds(await verdictOn(store, publishers, ends))
    await streamed(store, readers)
    for (const reader of readers) reader.close()
    // With the one that was killed again.
    await readied(owner)
    await answerAlike(servers, OWNED)
  })

  onMysql("simulate the sensors in one of them, and in the next where that ends", async (scene, store) => {
    const servers = [
      await scene.server(store.url, { SIMULATE: "true" }),
      await scene.server(store.url, { SIMULATE: "true" })
    ]
    await Promise.all(servers.map((server) => readied(server)))
    const { server: owner } = await ownerOf(servers, "sensors")
    const [other] = servers.filter((server) => server !== owner)
    if (other === undefined) throw new Error("one process alone")
    const readings = () => numberOf(store, "SELECT COUNT(*) AS n FROM events WHERE type = 'ReadingRecorded'")
    await until("readings", 10_000, async () => (await readings()) >= 15)
    const actors = await actorsOf(owner)
    assert.isAbove(actors, 0)
    // The other has been told of them.
    await until("the actors of the other", FAIL_OVER_MS_MAX, async () => (await actorsOf(other)) === actors)
    await owner.end("SIGTERM")
    const before = await readings()
    await until("readings of the other", FAIL_OVER_MS_MAX, async () => (await readings()) >= before + 10)
    assert.isAbove(await actorsOf(other), 0)
    // Two at once would measure each sensor twice a second.
    const close = await numberOf(
      store,
      `SELECT COUNT(*) AS n FROM events a JOIN events b ON a.sensor_id = b.sensor_id AND a.position < b.position
        WHERE a.type = 'ReadingRecorded' AND b.type = 'ReadingRecorded'
          AND ABS(TIMESTAMPDIFF(MICROSECOND, a.occurred_at, b.occurred_at)) < 800000`
    )
    assert.strictEqual(close, 0, "pairs of readings of one sensor that lie too close")
  })

  onMysql("with a role each: what one stores another folds, and a third streams", async (scene, store) => {
    const [ingest, fold, other, api] = await started(scene, store, ["broker,ingest", "fold", "fold", "api"])
    if (ingest === undefined || fold === undefined || other === undefined || api === undefined) throw Error()
    assert.deepStrictEqual((await healthOf(api)).roles, ["api"])
    assert.deepStrictEqual((await healthOf(api)).owns, [])
    const nothing = await fetch(`${fold.http}/data/`)
    assert.strictEqual(nothing.status, 404)
    assert.include(await nothing.text(), "not the role api")
    const readers = await readersOf(scene, [api])
    const publisher = scene.publisher("roles", { port: ingest.mqttPort, plan: newPlan(), rate: RATE })
    await publisher.acknowledgedMore(RATE, 20_000)
    const { server: owner } = await ownerOf([fold, other], "minutes")
    const since = monotonicMicros()
    await owner.end("SIGKILL")
    assert.isAtMost(await foldsAgain(store, since, FAIL_OVER_MS_MAX), FAIL_OVER_MS_MAX)
    const ends = [await publisher.stop()]
    holds(await verdictOn(store, [publisher], ends))
    await streamed(store, readers)
    // As far as it is folded is told by a process that does not fold.
    const health = await fetch(`${api.http}/health`).then((answer) => answer.json())
    assert.deepInclude(health, { status: "ok", warnings: [] })
  })
})
