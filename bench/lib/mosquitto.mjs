// Debian's Mosquitto, on a port of its own.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { find, freePort } from "./databases.mjs"
import { startCommand, withServer } from "./processes.mjs"

export const MOSQUITTO = find("mosquitto")

/** Its default: how many messages wait for one subscriber; more are dropped. 0 is no bound. */
export const QUEUED_MAX = 1_000

/** Runs the body beside a broker: it takes the port. */
export const withMosquitto = async (queuedMax, body) => {
  const folder = mkdtempSync(join(tmpdir(), "tidemark-bench-mosquitto-"))
  const [port, path] = [await freePort(), join(folder, "mosquitto.conf")]
  const settings = [`listener ${port} 127.0.0.1`, "allow_anonymous true", `max_queued_messages ${queuedMax}`]
  writeFileSync(path, settings.map((line) => `${line}\n`).join(""))
  try {
    return await withServer(
      startCommand(MOSQUITTO, ["-c", path], {}, [/mosquitto version (\S+) running/]),
      () => body(port)
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
