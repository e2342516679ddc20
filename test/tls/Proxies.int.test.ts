/** The recipes of docs/tls.md for nginx and Caddy, run as they stand but for names, ports and files. */
import { execFile, spawn } from "node:child_process"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { delimiter, join } from "node:path"
import { promisify } from "node:util"
import * as HttpServer from "@effect/platform/HttpServer"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ON_LOOPBACK, serverLayer } from "../http/server.js"
import { authority, hasOpenssl } from "../support/certificates.js"
import { freePort } from "../support/mysql.global.js"
import { folder, until } from "../support/tidemark.js"

const run = promisify(execFile)

const programOf = (name: string) =>
  [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"]
    .map((path) => join(path, name))
    .find(existsSync)

const recipe = (language: string): string =>
  new RegExp(`\`\`\`${language}\n([^]*?)\n\`\`\``).exec(readFileSync("docs/tls.md", "utf8"))?.[1] ?? ""

interface Setting {
  readonly path: string
  readonly port: number
  readonly inner: number
  readonly cert: string
  readonly key: string
}

interface Proxy {
  readonly name: string
  readonly config: (setting: Setting) => string
  readonly args: (config: string) => ReadonlyArray<string>
}

const PROXIES: ReadonlyArray<Proxy> = [
  {
    name: "nginx",
    config: ({ cert, inner, key, path, port }) => {
      const own = recipe("nginx")
        .replace("listen 443 ssl", `listen 127.0.0.1:${port} ssl`)
        .replace("data.example.org;", "localhost;")
        .replace(/ssl_certificate .*;/, `ssl_certificate ${cert};`)
        .replace(/ssl_certificate_key .*;/, `ssl_certificate_key ${key};`)
        .replace("127.0.0.1:8000", `127.0.0.1:${inner}`)
      const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map((kind) => `${kind}_temp_path ${join(path, kind)};`)
        .join(" ")
      return `daemon off; master_process off; pid ${join(path, "pid")}; error_log stderr;
        events {} http { access_log off; ${temporary} ${own} }`
    },
    args: (config) => ["-c", config]
  },
  {
    name: "caddy",
    config: ({ cert, inner, key, port }) =>
      `{\n\tadmin off\n\tauto_https off\n}\n${recipe("caddyfile")
        .replace("data.example.org {", `https://localhost:${port} {\n\ttls ${cert} ${key}`)
        .replace("127.0.0.1:8000", `127.0.0.1:${inner}`)}\n`,
    args: (config) => ["run", "--adapter", "caddyfile", "--config", config]
  }
]

/** The proxy before a server that trusts it; gives its port and the authority of its certificate. */
const before = (proxy: Proxy, program: string) =>
  Effect.gen(function* () {
    const path = yield* folder
    const ca = authority(path)
    const context = yield* Layer.build(serverLayer({ trustedProxies: ON_LOOPBACK }))
    const { address } = Context.get(context, HttpServer.HttpServer)
    const inner = address._tag === "TcpAddress" ? address.port : 0
    const port = yield* Effect.promise(freePort)
    const config = join(path, "proxy.conf")
    writeFileSync(
      config,
      proxy.config({ path, port, inner, ...ca.certify("proxy", "localhost", ["DNS:localhost"]) })
    )
    yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(program, proxy.args(config), { stdio: "ignore", env: { ...process.env, HOME: path } })
      ),
      (child) =>
        Effect.promise(async () => {
          const ended = new Promise((resolve) => child.once("exit", resolve))
          if (child.exitCode === null && child.kill("SIGKILL")) await ended
        })
    )
    const ask = (...args: ReadonlyArray<string>) =>
      run("curl", ["-sSf", "--cacert", ca.file, ...args, `https://localhost:${port}/odata.pbids`])
    yield* Effect.promise(() => until(proxy.name, 20_000, () => ask()))
    return { ask, port }
  })

describe.skipIf(!hasOpenssl())("behind a proxy that ends TLS", () => {
  for (const proxy of PROXIES) {
    const program = programOf(proxy.name)
    it.scopedLive.skipIf(program === undefined)(`${proxy.name}: links name the address that was asked`, () =>
      Effect.gen(function* () {
        const { ask, port } = yield* before(proxy, program ?? "")
        const forged = [
          "X-Forwarded-Host: evil.example",
          "X-Forwarded-Proto: http",
          "X-Forwarded-For: 1.1.1.1"
        ]
        const headers = forged.flatMap((header) => ["-H", header])
        for (const args of [[], headers]) {
          const { stdout } = yield* Effect.promise(() => ask(...args))
          assert.include(stdout, `"https://localhost:${port}/odata/"`)
        }
      })
    )
  }
})
