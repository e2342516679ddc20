/**
 * Python for tests. TEST_PYTHON names one that has the packages of data scientists (`pip install polars pyarrow pandas
 * duckdb fsspec aiohttp requests` in a virtual environment); else that of the system is asked for what it has.
 */
import { execFile, execFileSync } from "node:child_process"
import { promisify } from "node:util"

export const PYTHON = process.env.TEST_PYTHON || "/usr/bin/python3"

/** Whether it has all of these modules. */
export const pythonHas = (...modules: ReadonlyArray<string>): boolean => {
  try {
    execFileSync(PYTHON, ["-c", `import ${modules.join(", ")}`], { stdio: "pipe" })
    return true
  } catch {
    return false
  }
}

/** Ends a program at once: threads that libraries have left running may abort an interpreter that tidies up. */
const END = `
import os, sys
sys.stdout.flush()
os._exit(0)
`

/** What a program prints, as JSON. */
export const inPython = async (code: string, ...args: ReadonlyArray<string>): Promise<unknown> => {
  const { stdout } = await promisify(execFile)(PYTHON, ["-c", code + END, ...args])
  return JSON.parse(stdout)
}
