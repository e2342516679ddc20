/**
 * A small file system that fills up under load, and is given room again: that of a MariaDB, and that of the embedded
 * file. And the embedded file locked by another program.
 *
 * Proves: nothing is acknowledged that is not stored; ingest goes on by itself when there is room; what was
 * acknowledged before, meanwhile and after is there once. It mounts a tmpfs, which root alone may do: skipped by name
 * elsewhere.
 */
import { execFileSync } from "node:child_process"
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, statfsSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import Libsql from "libsql"
import { assert, describe, it } from "vitest"
import { chance, quantile, report, scaled } from "./kit/figures.js"
import { hasMariaDb, MariaDb } from "./kit/mariadb.js"
import type { Publisher } from "./kit/Publisher.js"
import { holds, newPlan, onSqlite, Scene, verdictOn } from "./kit/scene.js"
import { backIn, startStack, troubleIn } from "./kit/stack.js"
import { type Store, sqliteStore } from "./kit/store.js"

const ROUNDS = scaled(10, 1)
const RATE = 1_000
const BACK_MS = 5_000
const MIB = 1_048_576
const NOTICED_MS = 60_000

/** A tmpfs of so many MiB; undefined where it can't be mounted. */
const mounted = (mebibytes: number): string | undefined => {
  const path = mkdtempSync(join(tmpdir(), "tidemark-chaos-disk-"))
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "tidemark-chaos", path], {
      stdio: "ignore"
    })
    return path
  } catch {
    rmSync(path, { recursive: true, force: true })
    return undefined
  }
}

const unmount = (path: string): void => {
  execFileSync("umount", ["-l", path], { stdio: "ignore" })
  rmSync(path, { recursive: true, force: true })
}

const canMount = (): boolean => {
  const path = mounted(1)
  if (path !== undefined) unmount(path)
  return path !== undefined
}

/** What is made meanwhile is made on that disk. */
const on = async <A>(disk: string, make: () => A | Promise<A>): Promise<A> => {
  const before = process.env.TMPDIR
  process.env.TMPDIR = disk
  try {
    return await make()
  } finally {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
  }
}

const ballast = (disk: string) => join(disk, "ballast")
const freeBytes = (disk: string): number => {
  const { bavail, bsize } = statfsSync(disk)
  return bavail * bsize
}

/** Leaves no room at all, whoever else writes meanwhile. */
const fill = (disk: string): void => {
  const piece = Buffer.alloc(MIB)
  for (const size of [MIB, 4_096]) {
    try {
      for (;;) appendFileSync(ballast(disk), piece.subarray(0, size))
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error
    }
  }
}

interface Place {
  readonly title: string
  readonly store: Store
  readonly disk: string
  readonly publisher: Publisher
  /** ms until health has told; NaN when it has not. */
  readonly trouble: () => Promise<number>
  /** After there is room again: whatever the database itself needs, and nothing more. */
  readonly revive: () => Promise<unknown>
}

const fillAgainAndAgain = async ({ disk, publisher, revive, store, title, trouble }: Place) => {
  const random = chance(64)
  const back: Array<number> = []
  const noticed: Array<number> = []
  for (let round = 0; round < ROUNDS; round++) {
    fill(disk)
    // What the database had kept free for itself is used up first.
    const stalled = trouble()
    noticed.push(await stalled)
    await sleep(random() * 3_000)
    const { acked } = await publisher.status()
    rmSync(ballast(disk))
    await revive()
    back.push(await backIn(publisher, acked, 60_000))
    await publisher.acknowledgedMore(RATE / 2, 60_000)
  }
  const end = await publisher.stop()
  const verdict = await verdictOn(store, [publisher], [end])
  report(title, {
    times: ROUNDS,
    messages: end.produced,
    lost: verdict.lost,
    doubled: verdict.doubled,
    invented: verdict.invented,
    "wrong minutes": verdict.wrongMinutes,
    "free at the end (MiB)": freeBytes(disk) / MIB,
    "told at the latest (ms)": Math.max(...noticed),
    "back p50 (ms)": quantile(back, 0.5),
    "longest (ms)": Math.max(...back)
  })
  holds(verdict)
  assert.strictEqual(verdict.stored, end.produced)
  assert.isFalse(noticed.some(Number.isNaN), "the disk was never full: nothing was tested")
  assert.isAtMost(Math.max(...back), BACK_MS)
}

const withScene = async (body: (scene: Scene, disk: string) => Promise<void>, mebibytes: number) => {
  const disk = mounted(mebibytes)
  if (disk === undefined) throw new Error("no tmpfs")
  const scene = new Scene()
  scene.atEnd(() => unmount(disk))
  await body(scene, disk).finally(() => scene.end())
}

describe.skipIf(!canMount())("a full disk", () => {
  it.skipIf(!hasMariaDb())(`of a MariaDB, ${ROUNDS} times under ${RATE} messages/s`, () =>
    withScene(async (scene, disk) => {
      const small = ["--innodb-log-file-size=16M", "--innodb-data-file-path=ibdata1:12M:autoextend"]
      const mariadb = await on(disk, () => MariaDb.make(small))
      scene.atEnd(() => mariadb.remove())
      const { publisher, server, store } = await startStack(scene, mariadb, { rate: RATE })
      await fillAgainAndAgain({
        title: "MariaDB: a full disk",
        store,
        disk,
        publisher,
        trouble: () => troubleIn(server, NOTICED_MS),
        // Where it ended itself for want of room, it is started again, as its supervisor would.
        revive: () => mariadb.startIfEnded()
      })
    }, 400)
  )

  it(`of the embedded file, ${ROUNDS} times under ${RATE} messages/s`, () =>
    withScene(async (scene, disk) => {
      mkdirSync(join(disk, "data"))
      const store = await on(join(disk, "data"), sqliteStore)
      const server = await scene.server(store.url)
      await server.ready()
      const publisher = scene.publisher("load", { port: server.mqttPort, plan: newPlan(), rate: RATE })
      await publisher.acknowledgedMore(RATE, 30_000)
      await fillAgainAndAgain({
        title: "SQLite: a full disk",
        store,
        disk,
        publisher,
        trouble: () => troubleIn(server, NOTICED_MS),
        revive: async () => undefined
      })
    }, 64))
})

onSqlite(`the file locked by another program, ${ROUNDS} times`, async (scene, store) => {
  const random = chance(65)
  const server = await scene.server(store.url)
  await server.ready()
  const publisher = scene.publisher("load", { port: server.mqttPort, plan: newPlan(), rate: RATE })
  await publisher.acknowledgedMore(RATE, 30_000)
  const back: Array<number> = []
  let early = 0
  for (let round = 0; round < ROUNDS; round++) {
    const other = new Libsql(store.url.slice("file:".length))
    other.exec("PRAGMA busy_timeout = 5000")
    other.exec("BEGIN IMMEDIATE")
    await sleep(500)
    const { acked } = await publisher.status()
    await sleep(500 + random() * 5_000)
    const { acked: before } = await publisher.status()
    early += before - acked
    other.exec("ROLLBACK")
    other.close()
    back.push(await backIn(publisher, before, 60_000))
    await publisher.acknowledgedMore(RATE / 4, 60_000)
  }
  const end = await publisher.stop()
  const verdict = await verdictOn(store, [publisher], [end])
  report("SQLite: locked by another program", {
    times: ROUNDS,
    messages: end.produced,
    lost: verdict.lost,
    doubled: verdict.doubled,
    "wrong minutes": verdict.wrongMinutes,
    "acknowledged while locked": early,
    "back p50 (ms)": quantile(back, 0.5),
    "longest (ms)": Math.max(...back)
  })
  holds(verdict)
  assert.strictEqual(verdict.stored, end.produced)
  assert.strictEqual(early, 0)
  assert.isAtMost(Math.max(...back), BACK_MS)
})
