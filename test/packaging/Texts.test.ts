/** Texts that lie beside the bundle instead of in it. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { assert, it } from "@effect/vitest"
import { build } from "esbuild"
import { textsBeside } from "../../packaging/texts.mjs"

it("are read where their modules are needed, and not before", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tidemark-texts-"))
  try {
    const assets = join(folder, "assets")
    mkdirSync(assets)
    const outfile = join(folder, "program.cjs")
    await build({
      stdin: { contents: `export { decode } from "iconv-lite"`, resolveDir: resolve(".") },
      bundle: true,
      platform: "node",
      format: "cjs",
      plugins: [textsBeside(assets)],
      outfile
    })
    const { decode } = createRequire(import.meta.url)(outfile)
    assert.strictEqual(decode(Buffer.from([0x93, 0xfa, 0x96, 0x7b]), "shift_jis"), "日本")
    assert.strictEqual(decode(Buffer.from([0xc4, 0xe3]), "gbk"), "你")
    assert.include(readdirSync(assets), "shiftjis.json")
    // None of its table is left in it.
    assert.isBelow(statSync(outfile).size, 150_000)
    // Another text of the same name is what is read: it was not read before.
    writeFileSync(join(assets, "cp949.json"), JSON.stringify([["a1a1", "!"]]))
    assert.strictEqual(decode(Buffer.from([0xa1, 0xa1]), "euc-kr"), "!")
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
