/** The drivers of the embedded database: `libsql`, and `node:sqlite` where the running Node has it, alike. */
import { randomFillSync } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { classify, driverError } from "../../src/db/Failure.js"
import { libsqlDriver, nodeDriver, type OpenFile, sqliteDriver } from "../../src/db/SqliteFile.js"

const fromBits = (bits: bigint): number => {
  const view = new DataView(new ArrayBuffer(8))
  view.setBigUint64(0, bits)
  return view.getFloat64(0)
}

/** Doubles of any bits: no NaN, which SQLite takes for NULL, and no -0, which its tables keep as 0. */
const anyDoubles = (count: number): ReadonlyArray<number> =>
  [...randomFillSync(new BigUint64Array(count))]
    .map(fromBits)
    .filter((value) => !Number.isNaN(value) && !Object.is(value, -0))

const DOUBLES = [
  ...[0, 5e-324, -5e-324, 2.225073858507201e-308, 2.2250738585072014e-308, Number.MAX_VALUE],
  ...[-Number.MAX_VALUE, 2 ** 53, 2 ** 53 + 2, 2 ** 63, -(2 ** 63), 1e22, 0.1 + 0.2, Infinity, -Infinity],
  // Subnormals: an exponent of 0, any mantissa.
  ...anyDoubles(1_000)
    .map((value) => value * 2 ** -1_074)
    .filter((value) => value !== 0),
  ...[...randomFillSync(new BigUint64Array(10_000))].map((bits) => fromBits(bits & 0xf_ffff_ffff_ffffn)),
  ...anyDoubles(50_000)
]

const failure = (call: () => unknown): unknown => {
  try {
    call()
  } catch (error) {
    return error
  }
  return assert.fail("nothing failed")
}

const DRIVERS: ReadonlyArray<readonly [name: string, driver: () => Promise<OpenFile | undefined>]> = [
  ["libsql", libsqlDriver],
  ["node:sqlite", async () => nodeDriver()]
]

for (const [name, driver] of DRIVERS) {
  describe.skipIf(name === "node:sqlite" && nodeDriver() === undefined)(`the driver ${name}`, () => {
    const folder = mkdtempSync(join(tmpdir(), "tidemark-driver-"))
    let openFile: OpenFile
    beforeAll(async () => {
      openFile = (await driver()) ?? assert.fail(`no ${name}`)
    })
    afterAll(() => rmSync(folder, { recursive: true, force: true }))
    let made = 0
    const path = () => join(folder, `${++made}.db`)

    it("gives doubles back to the bit, from a table and from an expression", () => {
      const file = openFile(path())
      file.exec("CREATE TABLE t (i INTEGER PRIMARY KEY, x DOUBLE); BEGIN")
      const insert = file.prepare("INSERT INTO t VALUES (?, ?)")
      DOUBLES.forEach((value, index) => {
        assert.deepStrictEqual(insert.all([index, value]), [])
      })
      file.exec("COMMIT")
      const rows = file.prepare("SELECT x FROM t ORDER BY i").all([])
      const wrong = DOUBLES.filter((value, index) => !Object.is(rows[index]?.x, value))
      assert.deepStrictEqual(wrong, [])
      const echo = file.prepare("SELECT ? AS x")
      for (const value of [-0, ...DOUBLES.slice(0, 2_000)])
        assert.isTrue(Object.is(echo.all([value])[0]?.x, value))
      assert.deepStrictEqual(insert.all([DOUBLES.length, -0]), [])
      const [zero] = file.prepare("SELECT x FROM t WHERE i = ?").all([DOUBLES.length])
      assert.isTrue(Object.is(zero?.x, 0))
      file.close()
    })

    it("gives plain rows, with BLOBs as Buffers of their own", () => {
      const file = openFile(path())
      const select = file.prepare("SELECT ? AS a, ? AS b, ? AS c, ? AS d, x'' AS e, 7 AS f, typeof(?) AS g")
      const shared = Buffer.from("abcdef").subarray(2, 4)
      const row = { a: "é温", b: null, c: shared, d: 1.5, e: Buffer.alloc(0), f: 7, g: "real" }
      assert.deepStrictEqual(select.all([row.a, null, shared, 1.5, 3]), [row])
      assert.deepStrictEqual(select.values([row.a, null, shared, 1.5, 3]), [Object.values(row)])
      assert.deepStrictEqual(select.all([row.a, null, shared, 1.5, 3]), [row])
      const twice = file.prepare("SELECT 1 AS a, 2 AS a")
      assert.deepStrictEqual([twice.all([]), twice.values([])], [[{ a: 2 }], [[1, 2]]])
      assert.deepStrictEqual(file.prepare("SELECT 1 AS a WHERE 0").all([]), [])
      file.close()
    })

    it("gives an integer that no double holds as the nearest one, and goes on as before", () => {
      const file = openFile(path())
      const select = file.prepare("SELECT 9007199254740993 + CAST(? AS INTEGER) AS a, 5 AS b")
      for (let again = 0; again < 2; again++) {
        assert.deepStrictEqual(select.all([2]), [{ a: 9007199254740996, b: 5 }])
      }
      const small = file.prepare("SELECT CAST(? AS INTEGER) AS a")
      assert.deepStrictEqual(small.all([9007199254740991]), [{ a: 9007199254740991 }])
      file.close()
    })

    it("names what fails as SQLite does, and it is classified alike", () => {
      const [shared, text] = [path(), path()]
      const [file, other] = [openFile(shared), openFile(shared)]
      file.exec("CREATE TABLE t (a INTEGER PRIMARY KEY) STRICT; INSERT INTO t VALUES (1); BEGIN IMMEDIATE")
      writeFileSync(text, "no database, but text of some length ".repeat(40))
      const cases: ReadonlyArray<readonly [code: RegExp, kind: string, call: () => unknown]> = [
        [/^SQLITE_BUSY$/, "Transient", () => other.exec("BEGIN IMMEDIATE")],
        [/^SQLITE_CONSTRAINT_/, "Permanent", () => file.prepare("INSERT INTO t VALUES (?)").all([1])],
        [
          /^SQLITE_(MISMATCH$|CONSTRAINT_)/,
          "Permanent",
          () => file.prepare("INSERT INTO t VALUES (?)").all(["x"])
        ],
        [/^SQLITE_ERROR$/, "Permanent", () => file.prepare("SELECT nothing FROM t")],
        [/^SQLITE_TOOBIG$/, "Permanent", () => file.prepare("SELECT zeroblob(?) AS a").all([2 ** 31])],
        [/^SQLITE_NOTADB$/, "Permanent", () => openFile(text).exec("PRAGMA journal_mode = WAL")],
        [/^SQLITE_READONLY/, "Transient", () => file.exec("PRAGMA query_only = ON; INSERT INTO t VALUES (2)")]
      ]
      for (const [code, kind, call] of cases) {
        const error = failure(call)
        assert.match(driverError(error).code, code)
        assert.strictEqual(classify(error).kind, kind, String(code))
      }
      file.close()
      other.close()
    })

    it("says whether it is open and in a transaction, and leaves nothing locked when it closes", () => {
      const shared = path()
      const [file, other] = [openFile(shared), openFile(shared)]
      file.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (a INTEGER)")
      assert.isFalse(file.inTransaction())
      file.exec("BEGIN IMMEDIATE")
      file.prepare("INSERT INTO t VALUES (?)").all([1])
      assert.isTrue(file.inTransaction())
      file.exec("ROLLBACK")
      assert.isTrue(file.isOpen())
      file.close()
      assert.isFalse(file.isOpen())
      other.exec("BEGIN EXCLUSIVE; COMMIT")
      assert.deepStrictEqual(other.prepare("SELECT COUNT(*) AS n FROM t").all([]), [{ n: 0 }])
      other.close()
    })
  })
}

describe("the driver of this Node", () => {
  it("is node:sqlite where Node has it, and libsql where not", async () => {
    const file = (await sqliteDriver())(":memory:")
    const version = String(file.prepare("SELECT sqlite_version() AS v").all([])[0]?.v)
    const here = process.versions as Readonly<Record<string, string | undefined>>
    assert.strictEqual(version, nodeDriver() === undefined ? "3.45.1" : here.sqlite)
    file.close()
  })
})
