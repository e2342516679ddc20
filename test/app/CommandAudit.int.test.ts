/** What commands do to the database itself is in its audit, and a restore goes on with the chain that it restored. */
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as AuditLog from "../../src/audit/AuditLog.js"
import { parseDatabaseUrl } from "../../src/config/DatabaseTarget.js"
import { layer as databaseLayer } from "../../src/db/Database.js"
import { describeDatabases } from "../support/databases.js"
import { folder, Tidemark } from "../support/tidemark.js"

const MINUTE = 60_000

const ran = (env: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    const tidemark = Tidemark.run(args, env)
    const { code } = await tidemark.ended
    assert.strictEqual(code, 0, tidemark.output)
    return tidemark.output
  })

const entries = (url: string) =>
  Effect.gen(function* () {
    const log = yield* AuditLog.AuditLog
    assert.strictEqual((yield* log.verify()).broken, null)
    const all = yield* log.newest({ limit: 100 })
    return [...all]
      .reverse()
      .map(({ action, actor, kind, object, outcome }) => ({ action, actor, kind, object, outcome }))
  }).pipe(
    Effect.provide(
      AuditLog.layer.pipe(
        Layer.provide(
          Layer.unwrapEffect(Effect.map(parseDatabaseUrl(url), (target) => databaseLayer(target)))
        )
      )
    )
  )

describeDatabases("Commands in the audit", (database) => {
  it.scopedLive(
    "are those that are done to the database itself",
    () =>
      Effect.gen(function* () {
        const [DATABASE_URL, other] = [yield* database.url, yield* database.url]
        const DATA_DIR = yield* folder
        const path = join(DATA_DIR, "backup")
        const env = { DATA_DIR, DATABASE_URL }
        const id = /tm_([0-9a-f]{12})_/.exec(yield* ran(env, "keys", "create", "ann"))?.[1] ?? ""
        yield* ran(env, "rebuild")
        yield* ran(env, "keys", "revoke", id)
        yield* ran(env, "migrate")
        yield* ran(env, "archive", join(DATA_DIR, "lake"))
        yield* ran(env, "backup", path)
        const command = (action: string, object: string | null, outcome: string) => ({
          ...{ kind: "command" as const, actor: null, action, object, outcome }
        })
        const before = [
          command("tidemark keys create", id, "done"),
          command("tidemark rebuild", null, "done, from 0 events"),
          command("tidemark keys revoke", id, "done"),
          command("tidemark migrate", null, "done"),
          command("tidemark archive", join(DATA_DIR, "lake"), "done, to position 0")
        ]
        assert.deepStrictEqual(yield* entries(DATABASE_URL), [
          ...before,
          command("tidemark backup", path, "done, to position 0")
        ])
        yield* ran({ ...env, DATABASE_URL: other }, "restore", path)
        assert.deepStrictEqual(yield* entries(other), [
          ...before,
          command("tidemark restore", path, "done, to position 0")
        ])
      }),
    2 * MINUTE
  )
})
