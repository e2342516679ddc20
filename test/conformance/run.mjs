// npm run test:conformance -- paho FOLDER [TEST…] | mosquitto FOLDER [SCRIPT…]: other people's suites against our broker.
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readdirSync, readFileSync } from "node:fs"
import { createConnection, createServer } from "node:net"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import mqtt from "mqtt"
import { MOSQUITTO_ONLY, PAHO_FAILURES } from "./expected.mjs"

const TEST_MILLIS_MAX = 30_000
/** A script's own word for "not for this broker". */
const NOT_APPLICABLE = 77
const here = (name) => fileURLToPath(new URL(name, import.meta.url))

const freePort = async () => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address()
  server.close()
  await once(server, "close")
  return port
}

const isListening = (port) =>
  new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false))
    socket.unref()
  })

/** On a loaded machine the first connection is slow, and the suites wait for half a second. */
const warmUp = async (port) => {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`)
  await client.subscribeAsync("warm/up")
  await client.publishAsync("warm/up", "x", { qos: 2 })
  await client.endAsync()
}

const startBroker = async () => {
  const port = await freePort()
  const broker = spawn(process.execPath, [here("broker.mjs"), String(port)], { stdio: "inherit" })
  while (!(await isListening(port))) await sleep(50)
  await warmUp(port)
  return { port, stop: () => broker.kill() }
}

/** Runs Python; its exit code, null when it took too long, and what it wrote. */
const python = async (...args) => {
  const child = spawn("python3", ["-u", "-W", "ignore", ...args.map(String)], { detached: true })
  let output = ""
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text))
  const timer = setTimeout(() => process.kill(-child.pid, "SIGKILL"), TEST_MILLIS_MAX)
  const [code] = await once(child, "close")
  clearTimeout(timer)
  return { code, output }
}

/** A failure of Mosquitto's scripts is to be looked at, and need not be one. */
const BYTES_COMPARED = "see docs/mqtt.md"

const failures = []
const tell = (name, { code, output }, expected) => {
  const passed = code === 0
  const note = passed ? "" : (expected ?? "NOT EXPECTED")
  console.log(`${passed ? "passes" : "fails "}  ${name}${note === "" ? "" : `: ${note}`}`)
  if (passed || expected !== undefined) return
  failures.push(name)
  console.log(output.replace(/^/gm, "    "))
}

const testsOf = (folder, suite) =>
  [...readFileSync(join(folder, `${suite}.py`), "utf8").matchAll(/^ {4}def (test\w+)/gm)].map(
    ([, name]) => name
  )

const paho = async (root, chosen) => {
  const folder = join(root, "interoperability")
  for (const suite of ["client_test", "client_test5"]) {
    const { port, stop } = await startBroker()
    let passed = 0
    const tests = testsOf(folder, suite).filter((name) => chosen.length === 0 || chosen.includes(name))
    for (const test of tests) {
      const result = await python(here("paho.py"), folder, suite, port, test)
      if (result.code === 0) passed += 1
      tell(`${suite} ${test}`, result, PAHO_FAILURES[`${suite} ${test}`])
    }
    stop()
    console.log(`${suite}: ${passed} of ${tests.length}\n`)
  }
}

const versionsOf = (text) => {
  const given = ["4", "5"].filter((version) => text.includes(`\ndo_test(proto_ver=${version})`))
  return given.length > 0 ? given : [text.includes("proto_ver=5") ? "5" : "4"]
}

const mosquitto = async (root, chosen) => {
  const folder = join(root, "test", "broker")
  const scripts = readdirSync(folder).filter((name) => /^\d\d-.*\.py$/.test(name))
  let passed = 0
  let count = 0
  for (const script of chosen.length > 0 ? chosen : scripts) {
    if (MOSQUITTO_ONLY.test(script) && chosen.length === 0) continue
    const path = join(folder, script)
    for (const version of versionsOf(readFileSync(path, "utf8"))) {
      // Each script counts on a broker that has seen nothing.
      const { port, stop } = await startBroker()
      const result = await python(here("mosquitto.py"), path, port, version)
      stop()
      if (result.code === NOT_APPLICABLE) continue
      count += 1
      if (result.code === 0) passed += 1
      tell(`${script} ${version === "4" ? "3.1.1" : "5.0"}`, result, BYTES_COMPARED)
    }
  }
  console.log(`Mosquitto's scripts, each version by itself: ${passed} of ${count}\n`)
}

const suites = { paho, mosquitto }
const [name, folder, ...chosen] = process.argv.slice(2)
if (!Object.hasOwn(suites, name ?? "") || folder === undefined) {
  console.error("usage: npm run test:conformance -- paho FOLDER [TEST…] | mosquitto FOLDER [SCRIPT…]")
  console.error("FOLDER: a checkout of github.com/eclipse/paho.mqtt.testing or github.com/eclipse/mosquitto")
  process.exit(1)
}
await suites[name](folder, chosen)
process.exit(failures.length === 0 ? 0 : 1)
