/** `tidemark init [DIR]`: the files of a new installation, with keys of its own. A file that is there is left alone. */
import { join } from "node:path"
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import { FileSystem } from "@effect/platform/FileSystem"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { DEMO_TEXT } from "../../config/SensorFile.js"
import type { Role } from "../../domain/access/Roles.js"
import { version } from "../../telemetry/Version.js"
import { makeKey } from "./KeysCommand.js"

const environment = (apiKeys: ReadonlyArray<string>, mqttUsers: string) =>
  `# Settings of Tidemark. Each has a default; docs/settings.md says what each is.
# The keys' hashes stand here. The keys themselves were shown once, when this file was made.
API_KEYS=${apiKeys.join(",")}
MQTT_USERS=${mqttUsers}
# DATABASE_URL=mysql://tidemark:password@127.0.0.1:3306/tidemark
# DATA_DIR=./data
# SIMULATE=false
`

/** The image is made of the sources by `docker build`: no registry has one. */
const COMPOSE = `# Tidemark with a SQLite file, by \`docker compose up\`. Its settings and keys are those of .env.
# Make the image of the sources first: docker build -t tidemark:${version} .
services:
  tidemark:
    image: tidemark:${version}
    restart: unless-stopped
    read_only: true
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    env_file: .env
    environment:
      DATA_DIR: /data
      HTTP_HOST: 0.0.0.0
      HTTP_PORT: 8000
      MQTT_HOST: 0.0.0.0
      MQTT_PORT: 1883
      SENSORS_FILE: /etc/tidemark/sensors.json
    ports:
      - "8000:8000"
      - "1883:1883"
    volumes:
      - data:/data
      - ./sensors.json:/etc/tidemark/sensors.json:ro
    tmpfs: /tmp
    stop_grace_period: 15s

volumes:
  data:
`

/** Writes it where nothing stands, and says which of the two it was. */
const writeNew = (path: string, text: string, mode: number) =>
  Effect.flatMap(FileSystem, (fs) => fs.writeFileString(path, text, { flag: "wx", mode })).pipe(
    Effect.as(true),
    Effect.catchIf(
      (error) => error._tag === "SystemError" && error.reason === "AlreadyExists",
      () => Effect.succeed(false)
    ),
    Effect.tap((isNew) =>
      Console.log(isNew ? `${path} is written` : `${path} was there already, and is left as it is`)
    )
  )

const keyOf = (name: string, role: Role) =>
  Effect.map(makeKey(name, role), ({ entry, secret }) => ({ entry, line: `  ${name} (${role}): ${secret}` }))

/** Writes the files into `folder`, and shows the keys of an `.env` that is new. */
export const writeFiles = (folder: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem
    yield* fs.makeDirectory(folder, { recursive: true })
    const [admin, reader, devices] = yield* Effect.all([
      keyOf("admin", "admin"),
      keyOf("reports", "reader"),
      keyOf("devices", "writer")
    ])
    yield* writeNew(join(folder, "sensors.json"), DEMO_TEXT, 0o644)
    yield* writeNew(join(folder, "compose.yml"), COMPOSE, 0o644)
    const settings = environment([admin.entry, reader.entry], devices.entry)
    if (!(yield* writeNew(join(folder, ".env"), settings, 0o600))) return
    yield* Console.log(
      [
        "keys of HTTP (shown this once):",
        admin.line,
        reader.line,
        "user of MQTT (shown this once):",
        devices.line
      ].join("\n")
    )
  })

export const init = Command.make(
  "init",
  {
    folder: Args.directory({ name: "DIR" }).pipe(
      Args.withDescription("where to; without it this folder"),
      Args.withDefault(".")
    )
  },
  ({ folder }) => writeFiles(folder)
).pipe(Command.withDescription("Writes sensors.json, compose.yml and .env with new keys; overwrites nothing"))
