/** Which roles a process may have, and what is said of sets that make no sense. */
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as AppConfig from "../../src/config/AppConfig.js"
import { ALL_ROLES, PROCESS_ROLES } from "../../src/config/ProcessRoles.js"

const MYSQL = { DATABASE_URL: "mysql://u:p@127.0.0.1/tidemark" }
const ELSEWHERE = { ...MYSQL, MQTT_URL: "mqtt://127.0.0.1" }

const load = (env: Readonly<Record<string, string>>) =>
  AppConfig.load().pipe(Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(env)))))

const rolesOf = (env: Readonly<Record<string, string>>) => Effect.map(load(env), ({ roles }) => [...roles])
const problemsOf = (env: Readonly<Record<string, string>>) =>
  load(env).pipe(
    Effect.match({ onFailure: ({ problems }) => problems.join("\n"), onSuccess: () => "no problem" })
  )

describe("the roles of a process", () => {
  it.effect("are all where none are named, on each database", () =>
    Effect.gen(function* () {
      const all = Object.keys(PROCESS_ROLES)
      assert.deepStrictEqual([...ALL_ROLES], all)
      assert.deepStrictEqual(yield* rolesOf({}), all)
      assert.deepStrictEqual(yield* rolesOf({ ...MYSQL, ROLES: "all" }), all)
      assert.deepStrictEqual(yield* rolesOf({ ROLES: all.join(",") }), all)
      assert.deepStrictEqual(yield* rolesOf({ ...ELSEWHERE, ROLES: "all" }), all)
    })
  )

  it.effect("are any set that makes sense", () =>
    Effect.gen(function* () {
      for (const ROLES of [
        "broker, Ingest",
        "fold",
        "api",
        "alerts",
        "api,fold,alerts",
        "broker,ingest,sensors"
      ])
        assert.deepStrictEqual(yield* rolesOf({ ...MYSQL, ROLES }), ROLES.toLowerCase().split(/, ?/), ROLES)
      for (const ROLES of ["ingest", "sensors", "ingest,sensors,fold"])
        assert.deepStrictEqual(yield* rolesOf({ ...ELSEWHERE, ROLES }), ROLES.split(","), ROLES)
    })
  )

  it.effect("are refused where they make none, in a sentence that says what to do", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* problemsOf({ ...MYSQL, ROLES: "fold,writer" }),
        "ROLES: must be all, or some of broker, ingest, fold, api, sensors, alerts, comma-separated"
      )
      assert.match(yield* problemsOf({ ...MYSQL, ROLES: "all,fold" }), /^ROLES: must be all, or some of/)
      assert.match(yield* problemsOf({ ROLES: "api" }), /^ROLES: the embedded file .* set DATABASE_URL/)
      assert.match(yield* problemsOf({ ...MYSQL, ROLES: "broker" }), /^ROLES: .*: add ingest, or/)
      assert.match(yield* problemsOf({ ...MYSQL, ROLES: "ingest,api" }), /^ROLES: .*: add broker, or/)
      assert.match(yield* problemsOf({ ...MYSQL, ROLES: "sensors" }), /^ROLES: .*: add broker and ingest, or/)
      assert.match(
        yield* problemsOf({ ...ELSEWHERE, ROLES: "broker,ingest" }),
        /^ROLES: MQTT_URL names .*: take broker away$/
      )
    })
  )
})
