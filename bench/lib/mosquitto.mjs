// Debian's Mosquitto with its defaults, on a port of its own.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { find, freePort } from "./databases.mjs"
import { startCommand, withServer } from "./processes.mjs"

export const MOSQUITTO = find("mosquitto")

/** Runs the body beside a broker: it takes the port. */
export const withMosquitto = async (body) => {
  const folder = mkdtempSync(join(tmpdir(), "tidemark-bench-mosquitto-"))
  const [port, path] = [await freePort(), join(folder, "mosquitto.conf")]
  writeFileSync(path, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\n`)
  try {
    return await withServer(
      startCommand(MOSQUITTO, ["-c", path], {}, [/mosquitto version (\S+) running/]),
      () => body(port)
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
