/** Kept code by real starts of Node: a program is run from it, and from its own text wherever the two do not belong together. */
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"

const built = (module: string) => JSON.stringify(pathToFileURL(resolve(`dist/src/launch/${module}.js`)).href)
const DIGEST_BYTES = 32

const node = (...args: ReadonlyArray<string>) =>
  execFileSync(process.execPath, [...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim()

/** Calls a function of the module in a process of its own; answers what that prints. */
const call = (
  name: "codeFile" | "keepCode" | "runProgram",
  program: string,
  ...flags: ReadonlyArray<string>
) =>
  node(
    ...flags,
    "--input-type=module",
    "--eval",
    `import { boundHeap } from ${built("Heap")}
    import { ${name} } from ${built("KeptCode")}
    boundHeap()
    const answer = ${name}(${JSON.stringify(program)})
    if (answer !== undefined) console.log(answer)`
  )

const says = (word: string) =>
  `const word = () => "${word}"\nconsole.log(word(), typeof require, __filename)\n`

describe("kept code", () => {
  let folder = ""
  let program = ""
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tidemark-code-"))
    program = join(folder, "program.cjs")
    writeFileSync(program, says("one"))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const kept = () => call("codeFile", program)
  const prints = (word: string) => `${word} function ${program}`

  it("is made by a run, and runs the program as it is run without", () => {
    assert.strictEqual(call("runProgram", program), prints("one"))
    assert.isFalse(existsSync(kept()))
    assert.strictEqual(call("keepCode", program), prints("one"))
    assert.isTrue(existsSync(kept()))
    assert.strictEqual(call("runProgram", program), prints("one"))
  })

  it("is what runs: V8 itself would take it for any text of the same length", () => {
    call("keepCode", program)
    const code = readFileSync(kept()).subarray(DIGEST_BYTES)
    writeFileSync(program, says("two"))
    const digest = createHash("sha256").update(says("two")).update(code).digest()
    writeFileSync(kept(), Buffer.concat([digest, code]))
    assert.strictEqual(call("runProgram", program), prints("one"))
  })

  it("is not used for another text of the same length, and is made anew", () => {
    call("keepCode", program)
    writeFileSync(program, says("two"))
    assert.strictEqual(call("runProgram", program), prints("two"))
    assert.strictEqual(call("keepCode", program), prints("two"))
    assert.strictEqual(call("runProgram", program), prints("two"))
  })

  it("is not used where a byte of it has changed, or where it was cut off", () => {
    call("keepCode", program)
    const whole = readFileSync(kept())
    for (const at of [0, DIGEST_BYTES + 4, whole.length - 1]) {
      const changed = Buffer.from(whole)
      changed[at] = (changed[at] ?? 0) ^ 1
      writeFileSync(kept(), changed)
      assert.strictEqual(call("runProgram", program), prints("one"), `byte ${at}`)
    }
    for (const length of [0, 10, DIGEST_BYTES, whole.length - 1]) {
      writeFileSync(kept(), whole.subarray(0, length))
      assert.strictEqual(call("runProgram", program), prints("one"), `${length} bytes`)
    }
  })

  it("is another for other flags of V8", () => {
    const flag = "--max-old-space-size=200"
    assert.notStrictEqual(call("codeFile", program, flag), kept())
    call("keepCode", program, flag)
    assert.isFalse(existsSync(kept()))
    assert.strictEqual(call("runProgram", program), prints("one"))
  })
})

describe("the built program", () => {
  const program = resolve("dist/program.cjs")
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8"))

  it.each(["start", "tidemark"])("has kept code for `npm run %s`", (name) => {
    const [, flag = ""] = /^node (--\S+) dist\/tidemark\.cjs/.exec(scripts[name]) ?? []
    assert.isTrue(existsSync(call("codeFile", program, flag)))
  })

  it("has kept code for the installed command, and runs from it", () => {
    const file = call("codeFile", program)
    assert.isTrue(existsSync(file))
    const text = readFileSync(program)
    const [digest, code] = [
      readFileSync(file).subarray(0, DIGEST_BYTES),
      readFileSync(file).subarray(DIGEST_BYTES)
    ]
    assert.isTrue(createHash("sha256").update(text).update(code).digest().equals(digest))
    assert.match(node(resolve("dist/tidemark.cjs"), "--version"), /^\d+\.\d+\.\d+$/)
  })
})
