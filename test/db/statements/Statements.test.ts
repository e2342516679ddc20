/**
 * Each text of SQL in the sources and the migrations, held to what TiDB, Vitess and Galera take. What is put together of
 * such texts is looked at as it is sent (Sent.int.test.ts).
 */
import { assert, describe, it } from "@effect/vitest"
import { migrations, statementFor } from "../../../migrations/index.js"
import { ENGINES, SQL_WORDS } from "./engines.js"
import { lex, strangers } from "./lexer.js"
import { sqlOf } from "./sources.js"

const texts = [
  ...sqlOf(["src"], SQL_WORDS),
  ...migrations.flatMap((migration) =>
    (["mysql", "mariadb"] as const).map((server) => ({
      file: `migration ${migration.name}`,
      text: statementFor(server, migration)
    }))
  )
]

describe("The lexer", () => {
  it("tells words, functions, names, values and comments apart", () => {
    assert.deepStrictEqual(
      lex("SELECT lower(`key`), x'00' FROM t -- no\n WHERE a = 'it''s; JSON_TABLE(' /*!80000 FOO */").map(
        ({ kind, text }) => `${kind} ${text}`
      ),
      [
        ...[
          "word SELECT",
          "call lower",
          "sign (",
          "name `key`",
          "sign )",
          "sign ,",
          "value x'00'",
          "word FROM"
        ],
        ...["name t", "word WHERE", "name a", "sign =", "value 'it''s; JSON_TABLE('", "hint /*!80000 FOO */"]
      ]
    )
  })

  it("finds what an engine has not", () => {
    const found = (text: string) => strangers(text, ENGINES.TiDB)
    assert.deepStrictEqual(found("SELECT j.id FROM JSON_TABLE(?, '$[*]' COLUMNS (id INT PATH '$')) j"), [
      "JSON_TABLE()",
      "COLUMNS",
      "PATH"
    ])
    assert.deepStrictEqual(found("SELECT get_lock('a', 1)"), ["GET_LOCK()"])
    assert.deepStrictEqual(found("SELECT a FROM t STRAIGHT_JOIN u"), ["STRAIGHT_JOIN"])
    assert.deepStrictEqual(found("ROLLBACK; START TRANSACTION"), ["several statements"])
    assert.deepStrictEqual(found("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY)"), ["AUTO_INCREMENT"])
    assert.deepStrictEqual(found("SELECT 1;"), [])
  })
})

describe("The SQL of the sources and migrations", () => {
  it("is found", () => {
    const files = new Set(texts.map(({ file }) => file))
    for (const file of [
      "src/db/mysql/Mysql.ts",
      "src/db/Transaction.ts",
      "src/eventlog/sql/SqlStore.ts",
      "src/projections/minutes/MinuteQueries.ts",
      "src/odata/Sql.ts",
      "src/alerts/SqlAlertStore.ts"
    ]) {
      assert.isTrue(files.has(file), file)
    }
    assert.isAbove(texts.length, 500)
  })

  for (const [engine, vocabulary] of Object.entries(ENGINES)) {
    it(`is what ${engine} takes`, () => {
      const found = texts.flatMap(({ file, text }) =>
        strangers(text, vocabulary).map((stranger) => `${file}: ${stranger} in ${text.slice(0, 120)}`)
      )
      assert.deepStrictEqual(found, [])
    })
  }

  it("is held to lists that have nothing of what their engines refuse", () => {
    for (const [engine, { calls, refused, words }] of Object.entries(ENGINES)) {
      for (const word of refused) assert.isFalse(words.has(word) || calls.has(word), `${engine}: ${word}`)
    }
  })

  it("gives every table a primary key, which Galera needs for a DELETE", () => {
    const without = migrations
      .map(({ mysql }) => mysql)
      .filter((text) => /^\s*CREATE TABLE/.test(text) && !/PRIMARY KEY/.test(text))
    assert.deepStrictEqual(without, [])
  })
})
