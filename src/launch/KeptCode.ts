/**
 * A program's compiled code, kept beside it: a start need not compile it again, which takes a quarter of a second and
 * leaves 36 MiB in the heap.
 *
 * Invariants:
 * 1. Kept code is of one text. V8 compares the length of the text alone, so a digest of both stands before the code;
 *    what does not match is not used.
 * 2. It is of one V8 and its flags, which the file's name tells. So each way to start has its own.
 * 3. Without it, or where V8 refuses it, the program is compiled as ever.
 */
import { createHash } from "node:crypto"
import { readFileSync, renameSync, writeFileSync } from "node:fs"
import { createRequire, Module } from "node:module"
import { dirname } from "node:path"
import { cachedDataVersionTag } from "node:v8"
import { constants, Script } from "node:vm"

const DIGEST_BYTES = 32

const digestOf = (text: Uint8Array, code: Uint8Array): Buffer =>
  createHash("sha256").update(text).update(code).digest()

/** Where the code of a program (`NAME.cjs`) is kept for this V8 and its flags. */
export const codeFile = (program: string): string =>
  program.replace(/\.cjs$/, `-${cachedDataVersionTag().toString(16)}.code`)

/** What is kept of a program, whatever its text is by now; undefined: there is nothing. */
const keptFile = (program: string): Buffer | undefined => {
  try {
    return readFileSync(codeFile(program))
  } catch {
    return undefined
  }
}

const scriptOf = (program: string, text: Buffer, cachedData?: Buffer) =>
  new Script(Module.wrap(text.toString("utf8")), {
    filename: program,
    ...(cachedData === undefined ? {} : { cachedData }),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER
  })

/** Runs it as `require` does. */
const run = (program: string, script: Script): void => {
  const module = { exports: {} }
  script.runInThisContext()(module.exports, createRequire(program), module, program, dirname(program))
}

/** The script of a CommonJS program from the code that is kept of it; undefined where none fits. */
const keptScript = (program: string): Script | undefined => {
  const file = keptFile(program)
  if (file === undefined) return undefined
  const text = readFileSync(program)
  const code = file.subarray(DIGEST_BYTES)
  if (!digestOf(text, code).equals(file.subarray(0, DIGEST_BYTES))) return undefined
  const script = scriptOf(program, text, code)
  return script.cachedDataRejected === false ? script : undefined
}

/** Runs a CommonJS program of one file, from its kept code where there is some. Fails as `require` does. */
export const runProgram = (program: string): void => {
  const script = keptScript(program)
  if (script === undefined) createRequire(program)(program)
  else run(program, script)
}

/** Runs it and, as the process ends, keeps what was compiled of it by then; nothing of that where its code is kept already. */
export const keepCode = (program: string): void => {
  if (keptScript(program) !== undefined) return
  const text = readFileSync(program)
  const script = scriptOf(program, text)
  process.once("exit", () => {
    const code = script.createCachedData()
    const file = codeFile(program)
    // A start meanwhile finds the old one or the new one.
    writeFileSync(`${file}.${process.pid}`, Buffer.concat([digestOf(text, code), code]))
    renameSync(`${file}.${process.pid}`, file)
  })
  run(program, script)
}
