// npm run test:conformance -- paho FOLDER [TEST…] | mosquitto FOLDER [SCRIPT…] | document: other people's suites against
// our broker, and the page about it.
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { createConnection, createServer } from "node:net"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import mqtt from "mqtt"
import { conformance } from "./document.mjs"
import * as expected from "./expected.mjs"

const TEST_MILLIS_MAX = 120_000
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

const startBroker = async (settings = {}) => {
  const port = await freePort()
  const parameters = [here("broker.mjs"), String(port), JSON.stringify(settings)]
  const broker = spawn(process.execPath, parameters, { stdio: "inherit" })
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

const failures = []
/** `why`: why it is known to fail; undefined: it is to pass. */
const tell = (name, { code, output }, why) => {
  const passed = code === 0
  console.log(`${passed ? "passes" : "fails "}  ${name}${passed || why === undefined ? "" : `: ${why}`}`)
  if (passed === (why === undefined)) return
  failures.push(name)
  console.log(passed ? "    it was known to fail" : output.replace(/^/gm, "    "))
}

const testsOf = (folder, suite) =>
  [...readFileSync(join(folder, `${suite}.py`), "utf8").matchAll(/^ {4}def (test\w+)/gm)].map(
    ([, name]) => name
  )

const chosenOf = (names, chosen) => names.filter((name) => chosen.length === 0 || chosen.includes(name))

const paho = async (root, chosen) => {
  const folder = join(root, "interoperability")
  for (const suite of Object.keys(expected.PAHO)) {
    const shared = await startBroker()
    let passed = 0
    const tests = chosenOf(testsOf(folder, suite), chosen)
    for (const test of tests) {
      const name = `${suite} ${test}`
      const settings = expected.PAHO_SETTINGS[name]
      const broker = settings === undefined ? shared : await startBroker(settings)
      const result = await python(here("paho.py"), folder, suite, broker.port, test)
      if (broker !== shared) broker.stop()
      if (result.code === 0) passed += 1
      const isKnown = expected.PAHO[suite].includes(test)
      tell(name, result, isKnown ? undefined : (expected.PAHO_FAILURES[name] ?? "NOT KNOWN"))
      if (!isKnown && !Object.hasOwn(expected.PAHO_FAILURES, name)) failures.push(name)
    }
    shared.stop()
    console.log(`${suite}: ${passed} of ${tests.length}\n`)
  }
}

const mosquitto = async (root, chosen) => {
  const folder = join(root, "test", "broker")
  const scripts = readdirSync(folder).flatMap((name) => /^(\d\d-.*)\.py$/.exec(name)?.[1] ?? [])
  const applying = chosenOf(scripts, chosen).filter((script) => !expected.isExcluded(script))
  let passed = 0
  for (const script of applying) {
    const settings = JSON.stringify(expected.MOSQUITTO_SETTINGS[script] ?? {})
    const path = join(folder, `${script}.py`)
    const result = await python(here("mosquitto.py"), path, await freePort(), settings)
    if (result.code === 0) passed += 1
    const isKnown = expected.MOSQUITTO.includes(script)
    tell(script, result, isKnown ? undefined : (expected.MOSQUITTO_FAILURES[script] ?? "NOT KNOWN"))
    if (!isKnown && !Object.hasOwn(expected.MOSQUITTO_FAILURES, script)) failures.push(script)
  }
  console.log(`Mosquitto's scripts: ${passed} of ${applying.length}\n`)
}

const suites = { paho, mosquitto }
const [name, folder, ...chosen] = process.argv.slice(2)
if (name === "document") {
  writeFileSync(here("../../docs/conformance.md"), conformance())
  process.exit(0)
}
if (!Object.hasOwn(suites, name ?? "") || folder === undefined) {
  console.error(
    "usage: npm run test:conformance -- paho FOLDER [TEST…] | mosquitto FOLDER [SCRIPT…] | document"
  )
  console.error("FOLDER: a checkout of github.com/eclipse/paho.mqtt.testing or github.com/eclipse/mosquitto")
  process.exit(1)
}
await suites[name](folder, chosen)
process.exit(failures.length === 0 ? 0 : 1)
