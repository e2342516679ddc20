/** The licences of everything that is installed, and of what goes into the package: each allows what users do with it. */
import { existsSync, readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { isPermissive, noticesOf } from "../../packaging/notices.mjs"

/** Tools of the tests alone, which are neither bundled nor handed on. */
const TOOLS: Readonly<Record<string, string>> = { "axe-core": "MPL-2.0" }

/** The same, of an S3 server: their packages are older than the field `license`, and say MIT in another or in the readme. */
const OLDER: ReadonlySet<string> = new Set(["busboy", "dicer", "humanize-number", "only", "streamsearch"])

interface Locked {
  readonly license?: string
}

const packages: Readonly<Record<string, Locked>> = JSON.parse(
  readFileSync("package-lock.json", "utf8")
).packages
const locked = Object.entries(packages).filter(([path]) => path !== "")
const nameOf = (path: string) => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length)

describe("the licence", () => {
  it("is judged by what SPDX says", () => {
    for (const good of ["MIT", "(MIT OR GPL-3.0)", "MIT AND ISC"]) assert.isTrue(isPermissive(good), good)
    for (const bad of ["", "GPL-3.0", "MIT AND GPL-3.0", "SEE LICENSE IN x", "UNLICENSED"])
      assert.isFalse(isPermissive(bad), bad)
  })

  it("of each dependency is stated, and permissive", () => {
    assert.isAbove(locked.length, 300)
    const wrong = locked.filter(
      ([path, { license = "" }]) =>
        !isPermissive(license) &&
        TOOLS[nameOf(path)] !== license &&
        !(license === "" && OLDER.has(nameOf(path)))
    )
    assert.deepStrictEqual(
      wrong.map(([path, { license }]) => `${path}: ${license}`),
      []
    )
  })

  it("of each that is installed is the one in the lock", () => {
    const other = locked.flatMap(([path, { license }]) => {
      if (!existsSync(`${path}/package.json`)) return []
      const own: unknown = JSON.parse(readFileSync(`${path}/package.json`, "utf8")).license
      return own === undefined || own === license ? [] : [`${path}: ${own}`]
    })
    assert.deepStrictEqual(other, [])
  })

  it("of each that is bundled is permissive, and noted with its terms", async () => {
    const notices = await noticesOf()
    assert.includeMembers(
      notices.map(({ name }) => name),
      ["effect", "@effect/platform", "aedes", "mqtt-packet", "libsql", "swagger-ui"]
    )
    const swagger = notices.find(({ name }) => name === "swagger-ui")
    assert.match(swagger?.version ?? "", /^\d+\.\d+\.\d+$/)
    assert.match(swagger?.texts.join("\n") ?? "", /SmartBear[\s\S]*Apache License[\s\S]*TERMS AND CONDITIONS/)
    for (const { license, name } of notices) {
      assert.isTrue(isPermissive(license), `${name}: ${license}`)
      assert.notProperty(TOOLS, name)
      assert.isFalse(OLDER.has(name), name)
    }
  })
})
