/**
 * Three processes with all roles on one MariaDB, each message delivered to each of them: the one that folds is killed
 * again and again, and stopped (SIGSTOP) for longer than its lease.
 *
 * Proves: nothing is lost or doubled and no minute is wrong, so nothing was written under an old epoch; all that the
 * process alone did is another's within 10 s; no process claims what another has taken over; and each process streams all
 * of the log, once and in order.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { assert } from "vitest"
import { quantile, report, scaled } from "./kit/figures.js"
import { monotonicMicros } from "./kit/Publisher.js"
import {
  ClaimWatch,
  foldsAgain,
  leasesOf,
  ownerOf,
  readied,
  StreamReader,
  streamVerdict,
  takenOver
} from "./kit/processes.js"
import { holds, newPlan, onMysql, type Scene, verdictOn } from "./kit/scene.js"
import type { Server } from "./kit/server.js"
import type { Store } from "./kit/store.js"

const KILLS = scaled(50, 2)
const STOPS = scaled(20, 1)
const RATE = 1_000
const FAIL_OVER_MS_MAX = 10_000
/** A process that is stopped for so long has lost its lease. */
const STOPPED_MS = 9_000

const three = async (scene: Scene, store: Store): Promise<ReadonlyArray<Server>> => {
  const servers = [
    await scene.server(store.url),
    await scene.server(store.url),
    await scene.server(store.url)
  ]
  await Promise.all(servers.map((server) => readied(server)))
  return servers
}

/** Takes the owner of the fold away, `times`; answers the fail-overs, ms. */
const withoutOwner = async (
  servers: ReadonlyArray<Server>,
  store: Store,
  times: number,
  away: (owner: Server) => Promise<() => Promise<unknown>>
): Promise<ReadonlyArray<number>> => {
  const took: Array<number> = []
  for (let n = 0; n < times; n++) {
    const { epoch, server: owner } = await ownerOf(servers, "minutes")
    const owned = await leasesOf(store)
    const since = monotonicMicros()
    const back = await away(owner)
    const [folds, all] = await Promise.all([
      foldsAgain(store, since, 2 * FAIL_OVER_MS_MAX),
      takenOver(store, owned, "minutes", since, 2 * FAIL_OVER_MS_MAX)
    ])
    took.push(Math.max(folds, all))
    const others = servers.filter((server) => server !== owner)
    assert.isAbove((await ownerOf(others, "minutes")).epoch, epoch)
    await back()
  }
  return took
}

const figuresOf = (took: ReadonlyArray<number>) => ({
  "fail-over p50 (ms)": quantile(took, 0.5),
  "fail-over max (ms)": Math.max(...took)
})

onMysql(
  `three processes, the one that folds killed ${KILLS} times and stopped ${STOPS} times`,
  async (scene, store) => {
    const servers = await three(scene, store)
    const plan = newPlan()
    const publishers = servers.map((server, index) =>
      scene.publisher(`roles${index}`, { port: server.mqttPort, plan, rate: RATE })
    )
    const readers = await Promise.all(servers.map((server) => StreamReader.open(server)))
    for (const reader of readers) scene.atEnd(() => reader.close())
    const watch = ClaimWatch.over(servers)
    scene.atEnd(() => watch.stop())
    const killed = await withoutOwner(servers, store, KILLS, async (owner) => {
      await owner.end("SIGKILL")
      return () => readied(owner)
    })
    const stopped = await withoutOwner(servers, store, STOPS, async (owner) => {
      owner.signal("SIGSTOP")
      const until = performance.now() + STOPPED_MS
      return async () => {
        await sleep(Math.max(0, until - performance.now()))
        owner.signal("SIGCONT")
        await readied(owner)
      }
    })
    const claims = await watch.stop()
    const ends = await Promise.all(publishers.map((publisher) => publisher.stop()))
    const verdict = await verdictOn(store, publishers, ends)
    const streams = await Promise.all(readers.map((reader) => streamVerdict(store, reader)))
    const sum = (figure: "missing" | "repeated" | "disordered") =>
      streams.reduce((total, stream) => total + stream[figure], 0)
    report("three processes, killed", { times: killed.length, ...figuresOf(killed) })
    report("three processes, stopped", { times: stopped.length, ...figuresOf(stopped) })
    report("three processes, in the end", {
      stored: verdict.stored,
      lost: verdict.lost,
      doubled: verdict.doubled,
      "wrong minutes": verdict.wrongMinutes,
      "looks at claims": claims.looks,
      "claims of what another has": claims.stale.length,
      "missing on streams": sum("missing"),
      repeated: sum("repeated"),
      disordered: sum("disordered"),
      "append to reader p99 (ms)": quantile(
        streams.flatMap(({ delays }) => delays),
        0.99
      )
    })
    holds(verdict)
    assert.deepStrictEqual(claims.stale, [])
    for (const { disordered, missing, repeated } of streams)
      assert.deepStrictEqual({ missing, repeated, disordered }, { missing: 0, repeated: 0, disordered: 0 })
    assert.isAtMost(Math.max(...killed, ...stopped), FAIL_OVER_MS_MAX)
  }
)
