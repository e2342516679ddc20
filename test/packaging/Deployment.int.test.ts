/**
 * What the program is run by elsewhere: the image, compose, systemd and Kubernetes. None of them runs here. What can be
 * checked without is: by their own tools where these are installed, and by the types of Kubernetes' public schemas.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { parse, parseAllDocuments } from "yaml"
import { ROUTES } from "../../src/app/HttpApp.js"
import { version } from "../../src/telemetry/Version.js"
import { diagnose, NODE } from "../codegen/compile.js"
import { folder, startTidemark, until } from "../support/tidemark.js"

const read = (path: string) => readFileSync(path, "utf8")
const settings = new Set([...read("docs/settings.md").matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, name]) => name))
/** The user of the image, who is nobody on the machine. */
const NONROOT = 65_532

const works = (program: string, ...args: ReadonlyArray<string>): boolean => {
  const runs = spawnSync(program, args, { stdio: "ignore" }).status === 0
  if (!runs) console.log(`Not run here: ${program} ${args[0]} does not work`)
  return runs
}

describe("the image", () => {
  const dockerfile = read("Dockerfile").replace(/^#.*$/gm, "")
  const [, build = "", last = ""] = dockerfile.split(/^FROM /m)

  it("is built in two stages, of images that can be pinned, and takes no tool of the build along", () => {
    assert.match(build, /^\$\{NODE_IMAGE\} AS build\n/)
    assert.match(last, /^\$\{RUNTIME_IMAGE\}\n/)
    for (const [, image = ""] of dockerfile.matchAll(/^ARG \w+_IMAGE=(\S+)$/gm))
      assert.match(image, /:(?!latest)[\w.-]+$/)
    assert.notMatch(last, /^RUN |node_modules|npm/m)
    assert.match(build, /npm ci --ignore-scripts/)
  })

  it("runs as nobody, writes to its volume alone, and is asked for its health by itself", () => {
    assert.include(last, `USER ${NONROOT}:${NONROOT}\n`)
    assert.include(last, `COPY --from=build --chown=${NONROOT}:${NONROOT} /data /data\n`)
    assert.deepStrictEqual(
      [...last.matchAll(/^VOLUME (.*)$/gm)].map(([, path]) => path),
      ["/data"]
    )
    assert.match(last, /HEALTHCHECK [^\n]*\\\n\s+CMD \["\/nodejs\/bin\/node", "tidemark.cjs", "health"\]/)
    assert.include(last, "STOPSIGNAL SIGTERM\n")
    // No shell: every command is a list.
    for (const [, command = ""] of last.matchAll(/^\s*(?:CMD|ENTRYPOINT) (.*)$/gm))
      assert.match(command, /^\[/)
  })

  it("has in its build all that the build's scripts run", () => {
    const { scripts } = JSON.parse(read("package.json"))
    const names = [...scripts.build.matchAll(/npm run --silent ([\w:]+)/g)].map(([, name]) => name)
    const run = [scripts.build, ...names.map((name) => scripts[name])].join(" ")
    const folders = new Set(
      [...run.matchAll(/(?<=[ =])(?!dist)(\w+)\/\S+\.(?:ts|mjs)\b/g)].map(([, one = ""]) => one)
    )
    assert.includeMembers([...folders], ["packaging", "src"])
    for (const one of folders) assert.match(build, new RegExp(`^COPY ${one} `, "m"))
  })

  it("is given by .dockerignore all that it copies, and nothing that is secret", () => {
    const allowed = read(".dockerignore")
      .split("\n")
      .flatMap((line) => (line.startsWith("!") ? [line.slice(1)] : []))
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths = ""]) =>
      paths.split(" ")
    )
    assert.isAbove(copied.length, 5)
    for (const path of copied) {
      assert.include(allowed, path)
      assert.isTrue(existsSync(path), path)
    }
    assert.notInclude(allowed, ".env")
  })
})

const SECRETS = { MYSQL_PASSWORD: "a", MYSQL_ROOT_PASSWORD: "b", API_KEYS: "c", MQTT_USERS: "d" }
const compose = [["docker", "compose"], ["docker-compose"]].find(([program = "", ...args]) =>
  works(program, ...args, "version")
)

describe("compose", () => {
  const { secrets, services } = parse(read("docker-compose.yml"))

  it.skipIf(compose === undefined)("is taken by its own tool, with the profile and without", () => {
    const [program = "", ...args] = compose ?? []
    const config = (...profile: ReadonlyArray<string>) =>
      execFileSync(program, [...args, ...profile, "config", "--quiet"], {
        env: { PATH: process.env.PATH ?? "", HOME: "/nonexistent", ...SECRETS },
        stdio: "pipe"
      })
    config()
    config("--profile", "monitoring")
  })

  it("mounts files that there are, names exact versions, and publishes what is for admins on loopback alone", () => {
    for (const [name, service] of Object.entries<Record<string, ReadonlyArray<string>>>(services)) {
      for (const volume of service.volumes ?? [])
        if (volume.startsWith(".")) assert.isTrue(existsSync(volume.split(":")[0] ?? ""), volume)
      if (service.image !== undefined)
        assert.match(String(service.image), /^\$\{\w+:-[\w/]+:v?\d+\.\d+\.\d+\}$/)
      const isAdmins = service.profiles?.includes("monitoring") === true
      for (const port of service.ports ?? [])
        assert.strictEqual(port.startsWith("127.0.0.1:"), isAdmins, name)
      for (const secret of service.secrets ?? []) assert.property(secrets, secret)
    }
    assert.deepStrictEqual(
      [services.tidemark.read_only, services.tidemark.cap_drop, services.tidemark.security_opt],
      [true, ["ALL"], ["no-new-privileges:true"]]
    )
    for (const name of Object.keys(services.tidemark.environment)) assert.isTrue(settings.has(name), name)
  })

  it("starts Prometheus and Grafana with what they need", () => {
    const { grafana, prometheus } = services
    const [job] = parse(read("packaging/monitoring/prometheus.yml")).scrape_configs
    assert.strictEqual(job.authorization.credentials_file, `/run/secrets/${prometheus.secrets[0]}`)
    assert.deepStrictEqual(job.static_configs, [{ targets: ["tidemark:8000"] }])
    const provisioning = "packaging/monitoring/grafana/provisioning"
    const [source] = parse(read(`${provisioning}/datasources/prometheus.yml`)).datasources
    assert.deepInclude(source, { type: "prometheus", url: "http://prometheus:9090", isDefault: true })
    const [provider] = parse(read(`${provisioning}/dashboards/tidemark.yml`)).providers
    const mounts = [...grafana.volumes].map((volume: string) => volume.split(":")[1])
    assert.includeMembers(mounts, [provider.options.path, "/etc/grafana/provisioning"])
  })
})

const hasAnalyze = works("systemd-analyze", "--version")
const UNIT = "packaging/tidemark.service"
/** systemd's own measure of what a broken service could do, in tenths: 100 is everything. */
const EXPOSURE_MAX = 20

describe("the systemd unit", () => {
  it.skipIf(!hasAnalyze)("is one that systemd takes, and that may do little", () => {
    const verified = spawnSync("systemd-analyze", ["verify", UNIT], { encoding: "utf8" })
    assert.deepStrictEqual([verified.status, verified.stderr], [0, ""])
    const threshold = `--threshold=${EXPOSURE_MAX}`
    const { status, stdout } = spawnSync("systemd-analyze", ["security", "--offline=true", threshold, UNIT], {
      encoding: "utf8"
    })
    assert.strictEqual(status, 0, stdout)
  })

  it("sets what are settings", () => {
    const names = [...read(UNIT).matchAll(/^Environment=(\w+)=/gm)].map(([, name = ""]) => name)
    assert.isNotEmpty(names)
    for (const name of names) assert.isTrue(settings.has(name), name)
  })

  it.scopedLive("is reloaded by a signal that the program takes, and goes on by", () =>
    Effect.gen(function* () {
      const [, reload] = /^ExecReload=\/bin\/kill -(\w+) \$MAINPID$/m.exec(read(UNIT)) ?? []
      assert.strictEqual(reload, "HUP")
      const server = yield* startTidemark({ DATA_DIR: yield* folder, SIMULATE: "false" })
      yield* Effect.promise(async () => {
        await server.started()
        server.child.kill("SIGHUP")
        await until("it says so", 10_000, async () => /SIGHUP: certificates/.test(server.output))
        assert.strictEqual((await server.get("/health")).status, 200)
      })
    })
  )
})

const FOLDER = "packaging/kubernetes"
const documents = ["tidemark.yaml", "secret.example.yaml"].flatMap((file) =>
  parseAllDocuments(read(join(FOLDER, file))).map((document) => document.toJS())
)
const resource = (kind: string) => documents.find((one) => one.kind === kind)
/** Made of the public schemas, as TypeScript; a dependency of Effect's cluster. */
const TYPES = resolve("node_modules/kubernetes-types")
const hasKubectl = works("kubectl", "version", "--client")

describe("the Kubernetes manifests", () => {
  // A dry run asks a cluster which kinds it has: kubectl alone can only build them.
  it.skipIf(!hasKubectl)("are built by kubectl, with the image of this version", () => {
    const built = execFileSync("kubectl", ["kustomize", FOLDER], { encoding: "utf8" })
    assert.include(built, `image: tidemark:${version}\n`)
    assert.lengthOf(parseAllDocuments(built), 2)
  })

  it.scoped("have the fields that Kubernetes knows, and no others", () =>
    Effect.map(folder, (there) => {
      const modules: Readonly<Record<string, string>> = {
        StatefulSet: "apps/v1",
        Service: "core/v1",
        Secret: "core/v1"
      }
      const set = resource("StatefulSet")
      const wrong = { ...set, spec: { ...set.spec, replica: 1 } }
      const files = [...documents, wrong].map((one, i) => {
        const from = `${TYPES}/${modules[one.kind]}.js`
        const text = `import type { ${one.kind} } from "${from}"\nexport const one: ${one.kind} = ${JSON.stringify(one)}\n`
        writeFileSync(join(there, `${i}.mts`), text)
        return `${i}.mts`
      })
      const faults = diagnose(there, files, { ...NODE, exactOptionalPropertyTypes: false })
      assert.deepStrictEqual(
        faults.map(({ file }) => file),
        [files.at(-1)]
      )
      assert.include(faults[0]?.message, "replica")
    })
  )

  it("probe what there is, run as nobody, and are given settings", () => {
    const set = resource("StatefulSet")
    const { containers, securityContext, volumes } = set.spec.template.spec
    const [container] = containers
    const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe]
    assert.deepStrictEqual(
      probes.map(({ httpGet }) => httpGet.path),
      ["/health/live", "/health/live", "/health/ready"]
    )
    for (const { httpGet } of probes) {
      const route = ROUTES.find(({ method, path }) => method === "GET" && path === httpGet.path)
      // Who probes has no key.
      assert.strictEqual(route?.policy.permission, "public")
    }
    assert.deepInclude(securityContext, { runAsNonRoot: true, runAsUser: NONROOT, fsGroup: NONROOT })
    assert.deepStrictEqual(container.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] }
    })
    assert.property(container.resources.limits, "memory")
    const mounted = container.volumeMounts.map(({ name }: { readonly name: string }) => name)
    const claimed = [
      ...set.spec.volumeClaimTemplates.map(({ metadata }: { metadata: { name: string } }) => metadata.name)
    ]
    assert.sameMembers(mounted, [...claimed, ...volumes.map(({ name }: { readonly name: string }) => name)])
    const secret = resource("Secret")
    assert.strictEqual(container.envFrom[0].secretRef.name, secret.metadata.name)
    const names = [
      ...Object.keys(secret.stringData),
      ...container.env.map(({ name }: { readonly name: string }) => name)
    ]
    for (const name of names) assert.isTrue(settings.has(name), name)
  })

  it("send what comes to the service to the pods", () => {
    const { spec: service } = resource("Service")
    const { spec: set } = resource("StatefulSet")
    assert.deepStrictEqual(service.selector, set.selector.matchLabels)
    assert.deepStrictEqual(service.selector, set.template.metadata.labels)
    const ports = set.template.spec.containers[0].ports.map(({ name }: { readonly name: string }) => name)
    assert.deepStrictEqual(
      service.ports.map(({ targetPort }: { readonly targetPort: string }) => targetPort),
      ports
    )
  })
})
