// A server of its own, on free ports, with logs switched off.
import { fileURLToPath } from "node:url"
import { startServer } from "./processes.mjs"

export const main = fileURLToPath(new URL("../../dist/tidemark.cjs", import.meta.url))

/** Where its ports stand in `answers`. */
export const HTTP_PORT = 0
export const MQTT_PORT = 1

/** As `npm start` does: a bound on the heap makes the collector tidy up in time. */
export const FLAGS = ["--max-old-space-size=512"]

/** On free ports, open to this machine, without its simulated sensors. */
export const SETTINGS = {
  SIMULATE: "false",
  HTTP_HOST: "127.0.0.1",
  MQTT_HOST: "127.0.0.1",
  HTTP_PORT: "0",
  MQTT_PORT: "0",
  API_KEYS: "",
  MQTT_USERS: "",
  LOG_LEVEL: "warning"
}

export const startTidemark = (env, flags = FLAGS, program = main) =>
  startServer([...flags, program, "start"], { ...SETTINGS, ...env }, [
    /http:\/\/127\.0\.0\.1:(\d+)\/data\/$/,
    /mqtt:\/\/127\.0\.0\.1:(\d+)/
  ])
