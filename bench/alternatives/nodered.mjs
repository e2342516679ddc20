// Node-RED with its MQTT-in and MySQL nodes, where the folder NODE_RED has it:
//   npm install --prefix FOLDER node-red@4 node-red-node-mysql
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import mysql from "mysql2/promise"
import { freePort } from "../lib/databases.mjs"
import { startServer } from "../lib/processes.mjs"
import { INSERT, TABLE } from "./table.mjs"

export const NODE_RED = process.env.NODE_RED

const FUNCTION = `const { metadata, sensor_id, timestamp, value } = msg.payload
const { description, location, type, unit } = metadata
const payload = [Number(sensor_id), timestamp.slice(0, 26), value, location.lat, location.lng, unit, type, description]
return { topic: ${JSON.stringify(INSERT)}, payload }`

const flows = (mqttPort, url) => [
  { id: "flow", type: "tab", label: "readings" },
  {
    ...{
      id: "broker",
      type: "mqtt-broker",
      broker: "127.0.0.1",
      port: String(mqttPort),
      clientid: "nodered"
    },
    ...{ autoConnect: true, protocolVersion: "4", keepalive: "60", cleansession: true }
  },
  {
    ...{
      id: "in",
      type: "mqtt in",
      z: "flow",
      topic: "sensors/#",
      qos: "1",
      datatype: "json",
      broker: "broker"
    },
    ...{ inputs: 0, wires: [["row"]] }
  },
  { id: "row", type: "function", z: "flow", func: FUNCTION, outputs: 1, wires: [["table"]] },
  { id: "table", type: "mysql", z: "flow", mydb: "database", wires: [[]] },
  {
    ...{
      id: "database",
      type: "MySQLdatabase",
      host: url.hostname,
      port: url.port,
      db: url.pathname.slice(1)
    },
    ...{ tz: "", charset: "UTF8" }
  }
]

/** Starts Node-RED with its flow: a message becomes a row of the plain table. */
export const startNodeRed = async (mqttPort, address) => {
  const url = new URL(address)
  const connection = await mysql.createConnection(address)
  await connection.query(TABLE)
  await connection.end()
  const folder = mkdtempSync(join(tmpdir(), "tidemark-bench-nodered-"))
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }))
  const write = (name, text) => writeFileSync(join(folder, name), text)
  symlinkSync(join(NODE_RED, "node_modules"), join(folder, "node_modules"))
  write("package.json", JSON.stringify({ name: "bench", dependencies: { "node-red-node-mysql": "*" } }))
  write("flows.json", JSON.stringify(flows(mqttPort, url)))
  write("flows_cred.json", JSON.stringify({ database: { user: url.username, password: url.password } }))
  write(
    "settings.js",
    `module.exports = { flowFile: "flows.json", credentialSecret: false, uiHost: "127.0.0.1", uiPort: ${await freePort()} }`
  )
  const red = join(NODE_RED, "node_modules", "node-red", "red.js")
  return startServer([red, "--userDir", folder], {}, [/(Started flows)/, /(Connected to broker)/])
}
