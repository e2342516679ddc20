/** What the scenarios share: each on both databases, a publisher over a server, and the verdict at the end. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, inject, it } from "vitest"
import type { Verdict } from "./check.js"
import { readLedger } from "./ledger.js"
import { Publisher, type PublisherOptions, type PublisherStatus } from "./Publisher.js"
import type { Plan } from "./plan.mjs"
import { Server } from "./server.js"
import { calm, check, mysqlStore, type Store, sqliteStore } from "./store.js"

/** Six hours back: no message of a run is from the future. */
const BACK_MICROS = 6 * 3_600_000_000

export const newPlan = (sensors = 20): Plan => ({ sensors, baseMicros: Date.now() * 1_000 - BACK_MICROS })

/** Things to be undone when a scenario ends, the last first, however it ends. */
export class Scene {
  private readonly undone: Array<() => unknown> = []
  readonly folder: string

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), "tidemark-chaos-scene-"))
    this.atEnd(() => rmSync(this.folder, { recursive: true, force: true }))
  }

  atEnd(undo: () => unknown): void {
    this.undone.push(undo)
  }

  async server(databaseUrl: string, env: Readonly<Record<string, string>> = {}): Promise<Server> {
    const server = await Server.on(databaseUrl, env)
    this.atEnd(() => server.remove())
    return server
  }

  /** A publisher with a ledger of its own. */
  publisher(name: string, options: Omit<PublisherOptions, "ledger" | "name">): Publisher {
    const publisher = Publisher.start({ ...options, name, ledger: join(this.folder, `${name}.ledger`) })
    this.atEnd(() => publisher.kill())
    return publisher
  }

  async end(): Promise<void> {
    for (const undo of this.undone.reverse()) await undo()
  }
}

/** Waits for calm, and checks all that these publishers, of one plan, have published. */
export const verdictOn = async (
  store: Store,
  publishers: ReadonlyArray<Publisher>,
  ends: ReadonlyArray<PublisherStatus>
): Promise<Verdict> => {
  const [first] = publishers
  if (first === undefined) throw new Error("nobody has published")
  await calm(store)
  const { acked } = readLedger(...publishers.map((publisher) => publisher.options.ledger))
  const produced = Math.max(...ends.map((end) => end.produced))
  return check(store, { plan: first.options.plan, produced, acked })
}

/** Fails with all that is wrong. */
export const holds = ({ violations }: Verdict): void => {
  if (violations.length > 0) assert.fail(`what must hold does not:\n${violations.join("\n")}`)
}

type Body = (scene: Scene, store: Store) => Promise<void>

const run = async (makeStore: () => Store | Promise<Store>, body: Body): Promise<void> => {
  const scene = new Scene()
  try {
    const store = await makeStore()
    scene.atEnd(() => store.remove())
    await body(scene, store)
  } finally {
    await scene.end()
  }
}

export const onSqlite = (title: string, body: Body): void => it(title, () => run(sqliteStore, body))

/** Skipped by name where there is no MySQL server for this run. */
export const onMysql = (title: string, body: Body): void =>
  it.skipIf(inject("mysqlUrl") === "")(title, () => run(() => mysqlStore(inject("mysqlUrl")), body))

export const onBoth = (title: string, body: Body): void => {
  describe("SQLite", () => onSqlite(title, body))
  describe("MariaDB", () => onMysql(title, body))
}
