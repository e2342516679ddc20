import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as AppConfig from "../../src/config/AppConfig.js"
import { describeTarget, parseDatabaseUrl, parseTlsCa } from "../../src/config/DatabaseTarget.js"

const ADDRESS = "mysql://tm:hunter2@db.example:3307/tm"
const CA = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"

const problem = (text: string): string =>
  Either.match(parseDatabaseUrl(text), { onLeft: (why) => why, onRight: () => "" })

const tlsOf = (text: string) => {
  const target = Either.getOrThrowWith(parseDatabaseUrl(text), Error)
  return target._tag === "Mysql" ? target.tls : "no server"
}

const load = (settings: Readonly<Record<string, string>>) =>
  AppConfig.load().pipe(
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(settings)))),
    Effect.either
  )

describe("DATABASE_URL", () => {
  it("names a server, and is shown without its password", () => {
    const target = Either.getOrThrow(parseDatabaseUrl("mariadb://a%40b:p%23w@[::1]/tm"))
    assert.deepInclude(target, {
      hosts: [{ host: "::1", port: 3306 }],
      database: "tm",
      username: "a@b"
    })
    assert.strictEqual(target._tag === "Mysql" && target.password && Redacted.value(target.password), "p#w")
    assert.strictEqual(describeTarget(target), "MySQL a@b@::1:3306/tm")
    assert.deepStrictEqual(
      parseDatabaseUrl("file:/srv/a%20b.db"),
      Either.right({ _tag: "Sqlite" as const, path: "/srv/a b.db" })
    )
  })

  it("names several servers of one database", () => {
    const text = "mysql://tm:p%40w,d@db1.example:3307,db2.example,[::1]:3308/tm?ssl=true"
    const target = Either.getOrThrow(parseDatabaseUrl(text))
    assert.deepInclude(target, { database: "tm", tls: true })
    assert.strictEqual(target._tag === "Mysql" && target.password && Redacted.value(target.password), "p@w,d")
    assert.strictEqual(describeTarget(target), "MySQL tm@db1.example:3307,db2.example:3306,::1:3308/tm")
    // A comma in a password names no second server.
    const one = Either.getOrThrow(parseDatabaseUrl("mysql://tm:a,b@db.example/tm"))
    assert.strictEqual(describeTarget(one), "MySQL tm@db.example:3306/tm")
  })

  it("is refused where one of several servers is none", () => {
    for (const hosts of ["db1,", ",db2", "db1,,db2"])
      assert.include(problem(`mysql://tm:hunter2@${hosts}/tm`), "is not an address", hosts)
    assert.include(problem("mysql://tm:hunter2@db1:3306,db2:x/tm"), "is not an address")
    assert.include(problem("mysql://db1,db2/tm"), "names no user")
    assert.notInclude(problem("mysql://tm:hunter2@db1:3306,db2:x/tm"), "hunter2")
  })

  it("asks for TLS in each usual spelling, or says nothing of it", () => {
    for (const word of ["true", "TRUE", "1", "yes", "on", "required", "REQUIRED"])
      assert.strictEqual(tlsOf(`${ADDRESS}?ssl=${word}`), true, word)
    for (const word of ["false", "0", "No", "off"])
      assert.strictEqual(tlsOf(`${ADDRESS}?ssl=${word}`), false, word)
    for (const word of ["verify-ca", "VERIFY_CA"])
      assert.strictEqual(tlsOf(`${ADDRESS}?ssl=${word}`), "verify-ca", word)
    assert.strictEqual(tlsOf(`${ADDRESS}?ssl=VERIFY_IDENTITY`), true)
    assert.strictEqual(tlsOf(ADDRESS), undefined)
  })

  it("is refused where a parameter is not known, or its value is not", () => {
    for (const name of ["sslmode", "ssl-mode", "tls", "SSL", "foo"])
      assert.include(
        problem(`${ADDRESS}?${name}=REQUIRED`),
        `"${name}" that is not known: the only one known is ssl, true, verify-ca or false`
      )
    assert.include(problem(`${ADDRESS}?ssl=true&foo=1`), '"foo"')
    for (const word of ["yess", "", "verify"])
      assert.include(problem(`${ADDRESS}?ssl=${word}`), 'a value of "ssl"', word)
    assert.include(problem(`${ADDRESS}?ssl=false&ssl=true`), "more than once")
    assert.include(problem("file:/srv/tm.db?mode=ro"), "a file has none")
  })

  it("is refused without telling a part of a password, and never dies", () => {
    for (const text of [
      "mysql://tm@h/tm?hunter2 and@more=1",
      "mysql://tm:hunter2%@h/tm",
      "mysql://tm:x@h/tm#hunter2",
      "mysql://tm:x@h/tm?ssl=hunter2",
      "file:/%zz"
    ]) {
      assert.notStrictEqual(problem(text), "", text)
      assert.notInclude(problem(text), "hunter2")
    }
  })
})

describe("DATABASE_TLS_CA", () => {
  it("is a certificate, not a path", () => {
    assert.deepStrictEqual(parseTlsCa(CA), Either.right(CA))
    assert.isTrue(Either.isLeft(parseTlsCa("/etc/ssl/ca.pem")))
  })

  it.effect("is refused beside ssl=false", () =>
    Effect.gen(function* () {
      const refused = yield* load({ DATABASE_URL: `${ADDRESS}?ssl=false`, DATABASE_TLS_CA: CA })
      assert.include(
        String(Either.getOrThrow(Either.flip(refused)).message),
        "ssl=false, but DATABASE_TLS_CA"
      )
      assert.isTrue(Either.isRight(yield* load({ DATABASE_URL: ADDRESS, DATABASE_TLS_CA: CA })))
    })
  )
})
