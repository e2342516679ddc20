/** What the folders may import, and what may stand in no file: read from the sources themselves. */
import { readdirSync, readFileSync } from "node:fs"
import { basename, dirname, join, normalize } from "node:path"
import { assert, describe, it } from "@effect/vitest"

const LINES_MAX = 300
const MAIN_LINES_MAX = 25
const FOLDER_FILES_MAX = 15

/** Paths from src on, without the ending: `domain/Time`. */
interface Source {
  readonly path: string
  readonly lines: ReadonlyArray<string>
  /** Of ours, as paths from src on; what lies beside src begins with `../`. */
  readonly ours: ReadonlyArray<string>
  /** Of others: packages and `node:` modules. */
  readonly others: ReadonlyArray<string>
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s(?:[^"'\n]|\n(?!import))*?from\s+"([^"]+)"|import\("([^"]+)"\)|(?:^|\n)import\s+"([^"]+)"/g

const readSource = (path: string): Source => {
  const text = readFileSync(join("src", path), "utf8")
  const imported = [...text.matchAll(IMPORT)].map(([, from, dynamic, bare]) => from ?? dynamic ?? bare ?? "")
  const isOurs = (name: string) => name.startsWith(".")
  return {
    path: path.replace(/(\.d)?\.tsx?$/, ""),
    lines: text.trimEnd().split("\n"),
    ours: imported.filter(isOurs).map((name) => normalize(join(dirname(path), name)).replace(/\.jsx?$/, "")),
    others: imported.filter((name) => !isOurs(name))
  }
}

const sources = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((path) => /\.tsx?$/.test(path))
  .map((path) => readSource(path.replaceAll("\\", "/")))
const byPath = new Map(sources.map((source) => [source.path, source]))

/** The room of a file: its first folder; `App` and `main` stand in none. What lies beside src is `../its folder`. */
const roomOf = (path: string): string =>
  (path.startsWith("../") ? path.split("/")[1] : path.split("/")[0]) ?? ""

/** What a room may import of ours: a room, a folder in it, or one file. */
const ALLOWED: Record<string, ReadonlyArray<string>> = {
  domain: [],
  telemetry: [],
  tls: ["telemetry/Hangup"],
  formats: ["domain"],
  odata: ["domain"],
  api: ["domain"],
  // The demo sensors are the sensors.json that the repository has.
  config: ["domain", "../sensors.json"],
  db: ["config", "domain", "telemetry", "migrations"],
  sensors: ["domain", "telemetry", "ownership/Ownership"],
  // Keys, and whose they are.
  access: [
    ...["domain", "telemetry", "db/Rows", "db/Transaction"],
    ...["eventlog/EventLog", "eventlog/LogFailure"]
  ],
  // Who did what: the one gate tells it, and the broker, and commands.
  audit: [
    ...["domain", "telemetry", "db/Rows", "db/Transaction"],
    ...["eventlog/EventLog", "eventlog/LogFailure"]
  ],
  // Which of several processes does what one alone may do.
  ownership: ["domain", "telemetry", "db/Failure", "db/Rows", "db/Transaction"],
  broker: ["access/LoginPace", "audit/Audit", "domain", "config", "telemetry", "tls", "sensors/ReadingSink"],
  eventlog: [
    ...["domain", "telemetry", "db/Dialect", "db/Failure", "db/Rows", "db/Transaction"],
    "db/ValueLists"
  ],
  ingest: ["domain", "telemetry", "broker/MessageSink", "eventlog/EventLog", "eventlog/PassedOver"],
  projections: [
    ...["domain", "telemetry", "odata", "eventlog/EventLog", "eventlog/CatalogueLog", "eventlog/LogFailure"],
    ...[
      "eventlog/SensorNames",
      "eventlog/cold",
      "eventlog/derived",
      "db/Dialect",
      "db/Failure",
      "db/Rows",
      "db/Transaction"
    ],
    ...["db/ValueLists", "ownership/Ownership"]
  ],
  // Saves the log as it is stored, and checks what is made from it.
  backup: ["db", "domain", "telemetry", "eventlog", "ownership/Ownership", "projections", "migrations"],
  // Archives days as Parquet: readings and aggregates by the rows that their files over HTTP have.
  lake: [
    ...["backup", "db", "domain", "eventlog", "formats", "projections", "telemetry"],
    ...["http/files/FileRows", "http/listing/Listing"]
  ],
  http: [
    ...["access", "audit", "api", "domain", "telemetry", "tls", "projections", "formats", "odata", "mcp"],
    ...["eventlog/EventLog", "eventlog/Answers", "eventlog/CatalogueLog", "eventlog/RejectedReplays"],
    ...["eventlog/PassedOver", "eventlog/derived"],
    ...["ingest/Explain", "ingest/IngestReplay", "ingest/IngestStatus", "ingest/Nonce", "ingest/csv"],
    ...["ingest/codecs/JsonScan", "ingest/codecs/MessageDecode"],
    ...["broker/MessageSink", "broker/MqttUpgrade", "broker/embedded/RefusedClients", "alerts/AlertStore"],
    ...["sensors/SensorStatuses", "ownership/OtherProcesses"]
  ],
  // Looks at the projections by the rules that people said, and sends what it finds.
  alerts: [
    ...["domain", "telemetry", "ownership/Ownership", "projections", "db/Rows", "db/Transaction"],
    ...["eventlog/EventLog", "eventlog/CatalogueLog", "eventlog/LogFailure"]
  ],
  // What a page asks for: of http the ports, the answers and what forms change; of web how it looks. http knows no page.
  pages: [
    ...["access", "api", "audit/AuditLog", "domain", "telemetry", "projections", "http", "web"],
    ...["eventlog/EventLog", "eventlog/CatalogueLog", "eventlog/PassedOver", "eventlog/RejectedReplays"],
    ...["eventlog/SqlRejectedReplays", "broker/embedded/RefusedClients"],
    ...["ingest/IngestRates", "ingest/IngestReplay", "ingest/IngestStatus", "sensors/SensorStatuses"],
    ...["alerts/AlertStore", "ownership/OtherProcesses"]
  ],
  // Asks the HTTP API by the contract, whoever carries the request.
  mcp: ["api", "domain", "telemetry/Version"],
  lineage: [
    ...["domain", "telemetry", "ownership/Ownership"],
    ...["projections/minutes/Minutes", "projections/quality/Quality"]
  ],
  web: ["api", "domain", "telemetry/Version"],
  // Makes clients of the document, whatever it says.
  codegen: ["api/core/DocumentJson"],
  client: ["api", "domain"],
  sim: [
    ...["domain", "telemetry", "sensors", "ingest", "eventlog", "projections", "db", "ownership"],
    ...["broker/MessageSink", "broker/Handover", "broker/AckWindow"]
  ],
  app: [
    ...[
      "access",
      "alerts",
      "api",
      "broker",
      "config",
      "db",
      "domain",
      "eventlog",
      "http",
      "ingest",
      "lineage",
      "pages"
    ],
    ...["ownership/OtherProcesses", "ownership/Ownership", "projections", "sensors", "telemetry", "tls"]
  ],
  App: [
    ...[
      "access",
      "alerts",
      "app",
      "audit",
      "backup",
      "broker",
      "config",
      "db",
      "eventlog",
      "http",
      "ingest",
      "lake",
      "ownership",
      "pages",
      "projections",
      "tls"
    ]
  ],
  // A command is a composition of its own.
  cli: [
    ...[
      "App",
      "access",
      "api",
      "app",
      "audit",
      "backup",
      "broker",
      "codegen",
      "config",
      "db",
      "domain",
      "eventlog",
      "ingest",
      "lake",
      "mcp",
      "projections"
    ],
    ...["sim", "telemetry", "tls"]
  ],
  main: ["cli"],
  launch: []
}

/**
 * What a folder of these rooms may import of its siblings; `core` serves all of them, and imports none. Files that stand in
 * no folder compose, and import any.
 */
const SIBLINGS: Record<string, Record<string, ReadonlyArray<string>>> = {
  api: {
    core: [],
    data: [],
    document: ["live"],
    live: ["data"],
    sensors: ["data"],
    catalogue: ["data"],
    annotations: ["catalogue", "data"],
    alerts: ["data"],
    files: [],
    rejected: ["data"],
    quality: ["document"],
    system: []
  },
  http: {
    core: [],
    // The ways in, and the ways out.
    writing: [],
    bytes: [],
    listing: ["bytes"],
    files: ["bytes", "data", "listing"],
    data: ["listing", "writing"],
    live: ["data"],
    sensors: ["listing", "writing"],
    quality: ["listing", "writing"],
    catalogue: ["listing", "sensors", "writing"],
    annotations: ["catalogue", "listing", "writing"],
    alerts: ["writing"],
    rejected: ["writing"],
    signin: [],
    odata: ["listing"],
    mcp: ["writing"],
    system: ["listing", "writing"]
  },
  pages: {
    core: [],
    alerts: [],
    catalogue: ["quality"],
    explain: [],
    explore: [],
    live: [],
    quality: [],
    rejected: [],
    sensors: [],
    signin: [],
    system: []
  }
}

/** The folder of a file in its room: "" where it stands in none. */
const folderOf = (path: string): string => path.split("/").slice(1, -1).join("/")

const mayImportSibling = (from: string, to: string): boolean => {
  const siblings = SIBLINGS[roomOf(from)]
  const [own, other] = [folderOf(from), folderOf(to)]
  if (siblings === undefined || roomOf(from) !== roomOf(to) || own === "" || own === other) return true
  return other === "core" || (siblings[own] ?? []).includes(other)
}

const mayImport = (from: string, to: string): boolean => {
  const room = roomOf(from)
  return (
    room === roomOf(to) ||
    (ALLOWED[room] ?? []).some((one) => one === to || to.startsWith(`${one}/`) || to.startsWith(`../${one}/`))
  )
}

/** The lines of a file that are no comment, with their numbers. */
const code = ({ lines }: Source): ReadonlyArray<readonly [number, string]> =>
  lines
    .map((line, index) => [index + 1, line] as const)
    .filter(([, line]) => !/^\s*(\*|\/\*|\/\/)/.test(line))

const offences = (pattern: RegExp, where: (path: string) => boolean): ReadonlyArray<string> =>
  sources
    .filter(({ path }) => where(path))
    .flatMap((source) =>
      code(source).flatMap(([number, line]) =>
        pattern.test(line) ? [`${source.path}:${number}: ${line.trim()}`] : []
      )
    )

const groupBy = <A>(all: ReadonlyArray<A>, key: (one: A) => string): ReadonlyMap<string, Array<A>> => {
  const groups = new Map<string, Array<A>>()
  for (const one of all) groups.set(key(one), [...(groups.get(key(one)) ?? []), one])
  return groups
}

const none = (found: ReadonlyArray<string>) => assert.deepStrictEqual(found, [])

/** A way that comes back to where it began; none when there is no circle. */
const circle = (): ReadonlyArray<string> => {
  const done = new Set<string>()
  const walk = (path: string, way: ReadonlyArray<string>): ReadonlyArray<string> => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path]
    if (done.has(path)) return []
    for (const next of byPath.get(path)?.ours ?? []) {
      const found = walk(next, [...way, path])
      if (found.length > 0) return found
    }
    done.add(path)
    return []
  }
  for (const { path } of sources) {
    const found = walk(path, [])
    if (found.length > 0) return found
  }
  return []
}

/** All that these files import, directly or not, each with a way that leads to it. */
const reached = (starts: ReadonlyArray<string>): ReadonlyMap<string, string> => {
  const ways = new Map(starts.map((path) => [path, path]))
  for (const [path, way] of ways) {
    for (const next of byPath.get(path)?.ours ?? []) {
      if (!ways.has(next)) ways.set(next, `${way} → ${next}`)
    }
  }
  return ways
}

describe("the house", () => {
  it("has rooms that are all known", () => {
    none(sources.map(({ path }) => path).filter((path) => ALLOWED[roomOf(path)] === undefined))
    assert.isAbove(sources.length, 50)
    // Every line of an import is found.
    const froms = sources.flatMap((source) => code(source).filter(([, line]) => /\bfrom "[^"]+"$/.test(line)))
    assert.isAtLeast(sources.flatMap(({ ours, others }) => [...ours, ...others]).length, froms.length)
    assert.include(byPath.get("main")?.ours ?? [], "cli/TidemarkCommand")
  })

  it("imports one way", () => {
    none(
      sources.flatMap(({ path, ours }) =>
        ours.filter((to) => !mayImport(path, to)).map((to) => `${path} imports ${to}`)
      )
    )
  })

  it("imports one way within the rooms of the contract, its handlers and the pages", () => {
    none(
      sources.flatMap(({ path, ours }) =>
        ours.filter((to) => !mayImportSibling(path, to)).map((to) => `${path} imports ${to}`)
      )
    )
    for (const [room, folders] of Object.entries(SIBLINGS)) {
      const there = sources.filter(({ path }) => roomOf(path) === room).map(({ path }) => folderOf(path))
      assert.deepStrictEqual(Object.keys(folders).sort(), [...new Set(there)].filter(Boolean).sort())
    }
  })

  it("has no circles", () => none(circle()))

  it("imports files that are there", () => {
    none(
      sources.flatMap(({ path, ours }) =>
        ours
          .filter((to) => !to.startsWith("../") && !byPath.has(to))
          .map((to) => `${path} imports ${to}, which is not there`)
      )
    )
  })

  it("names drivers in db/ alone", () => {
    const drivers = /^(mysql2|libsql|better-sqlite3|@effect\/sql-)/
    none(
      sources
        .filter(({ path }) => roomOf(path) !== "db")
        .flatMap(({ others, path }) =>
          others.filter((name) => drivers.test(name)).map((name) => `${path}: ${name}`)
        )
    )
  })

  it("keeps domain pure: it imports effect alone", () => {
    const pure = /^effect(\/|$)|^node:crypto$/
    none(
      sources
        .filter(({ path }) => roomOf(path) === "domain")
        .flatMap(({ others, path }) =>
          others.filter((name) => !pure.test(name)).map((name) => `${path}: ${name}`)
        )
    )
  })

  it("keeps formats pure: they import effect, the writers of two formats and the reader of one", () => {
    const pure = /^(effect(\/|$)|hyparquet(-writer)?$|apache-arrow$)/
    none(
      sources
        .filter(({ path }) => roomOf(path) === "formats")
        .flatMap(({ others, path }) =>
          others.filter((name) => !pure.test(name)).map((name) => `${path}: ${name}`)
        )
    )
  })

  it("has a contract and a client that import no server code", () => {
    const server = /^node:|^@effect\/(platform-node|sql|cli|cluster|rpc)|^(aedes|mqtt|mysql2|libsql)/
    const outside = ["api", "client", "codegen"]
    const ways = reached(sources.map(({ path }) => path).filter((path) => outside.includes(roomOf(path))))
    none(
      [...ways].flatMap(([path, way]) =>
        (byPath.get(path)?.others ?? []).filter((name) => server.test(name)).map((name) => `${way} → ${name}`)
      )
    )
  })

  it("provides live infrastructure in App and cli alone", () => {
    const live = [
      /^db\/(Database|Mysql|Sqlite)$/,
      /^eventlog\/\w+\/(Sql|Memory)EventLog$/,
      /^ingest\/Ingest$/,
      /^broker\/\w+\/Mqtt(Broker|Client)$/,
      /^projections\/\w+\/(Sql|Memory)\w*Store$/,
      /^http\/Server$/
    ]
    const composes = ["App", "app", "cli", "sim"]
    none(
      sources
        .filter(({ path }) => !composes.includes(roomOf(path)))
        .flatMap(({ ours, path }) =>
          ours
            .filter((to) => roomOf(to) !== roomOf(path) && live.some((pattern) => pattern.test(to)))
            .map((to) => `${path} imports ${to}`)
        )
    )
  })
})

describe("every folder", () => {
  it(`holds at most ${FOLDER_FILES_MAX} files`, () => {
    const files = groupBy(sources, ({ path }) => dirname(path))
    none([...files].filter(([, all]) => all.length > FOLDER_FILES_MAX).map(([folder]) => folder))
  })

  it("is named in lower case", () => {
    none(
      sources.map(({ path }) => dirname(path)).filter((folder) => !/^(\.|[a-z]+(\/[a-z]+)*)$/.test(folder))
    )
  })
})

describe("every file", () => {
  const server = (path: string) => roomOf(path) !== "web"

  it("is named in PascalCase, and main is the entry", () => {
    none(
      sources
        .map(({ path }) => path)
        .filter((path) => path !== "main" && !/^[A-Z][A-Za-z0-9]*$/.test(basename(path)))
    )
  })

  it("has a name that no other file has", () => {
    const sameName = groupBy(sources, ({ path }) => basename(path).toLowerCase())
    none([...sameName.values()].filter((all) => all.length > 1).flatMap((all) => all.map(({ path }) => path)))
  })

  it("takes time and chance from services", () => {
    none(offences(/\bDate\.now\(|\bnew Date\(\)|(?<![.\w])set(Timeout|Interval)\(|\bMath\.random\(/, server))
  })

  it("forces no types", () => {
    none(offences(/\bas any\b|@ts-ignore|@ts-expect-error/, () => true))
  })

  it(`has at most ${LINES_MAX} lines, main fewer than ${MAIN_LINES_MAX}`, () => {
    none(
      sources
        .filter(({ lines }) => lines.length > LINES_MAX)
        .map(({ lines, path }) => `${path}: ${lines.length}`)
    )
    assert.isBelow(byPath.get("main")?.lines.length ?? MAIN_LINES_MAX, MAIN_LINES_MAX)
  })
})
