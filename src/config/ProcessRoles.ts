/** What a process does of all that Tidemark does: its roles, and which sets of them make sense. */
import * as Either from "effect/Either"

/** Each, and what it starts. What is not here is in every process: it answers when it is asked. */
export const PROCESS_ROLES = {
  broker: "the embedded MQTT broker",
  ingest: "takes messages of a broker, and stores them",
  fold: "minutes, hours, days, counts and runs of quality, digests of the log",
  api: "the HTTP API and the pages; without it HTTP answers probes and metrics alone",
  sensors: "the simulated sensors",
  alerts: "looks at the rules of alerts, and sends notices"
} as const
export type ProcessRole = keyof typeof PROCESS_ROLES
export type ProcessRoles = ReadonlySet<ProcessRole>

const NAMES = Object.keys(PROCESS_ROLES)
const isRole = (name: string): name is ProcessRole => NAMES.includes(name)

export const ALL_ROLES: ProcessRoles = new Set(NAMES.filter(isRole))

/** `all`, or names, comma-separated. */
export const parseProcessRoles = (text: string): Either.Either<ProcessRoles, string> => {
  const words = text.split(",").map((word) => word.trim().toLowerCase())
  if (words.length === 1 && words[0] === "all") return Either.right(ALL_ROLES)
  const names = words.filter(isRole)
  return names.length === words.length
    ? Either.right(new Set(names))
    : Either.left(`must be all, or some of ${NAMES.join(", ")}, comma-separated`)
}

export const hasAllRoles = (roles: ProcessRoles): boolean => roles.size === ALL_ROLES.size

interface Surroundings {
  readonly roles: ProcessRoles
  /** The database is a file, which belongs to one process. */
  readonly isFile: boolean
  /** MQTT_URL names a broker elsewhere. */
  readonly isBrokerElsewhere: boolean
}

/** What of a set makes no sense, each in a sentence that says what to do. */
export const roleFaults = ({ isBrokerElsewhere, isFile, roles }: Surroundings): ReadonlyArray<string> => {
  if (hasAllRoles(roles)) return []
  if (isFile)
    return [
      "ROLES: the embedded file belongs to one process, which does all: take ROLES away, or set DATABASE_URL to a MySQL server"
    ]
  const faults: Array<string> = []
  if (isBrokerElsewhere) {
    if (roles.has("broker"))
      faults.push("ROLES: MQTT_URL names a broker elsewhere, and none is started here: take broker away")
    return faults
  }
  if (roles.has("broker") && !roles.has("ingest"))
    faults.push(
      "ROLES: the embedded broker hands messages to ingest in its own process: add ingest, or set MQTT_URL"
    )
  if (roles.has("ingest") && !roles.has("broker"))
    faults.push(
      "ROLES: ingest takes messages of the broker in its own process: add broker, or set MQTT_URL to one elsewhere"
    )
  if (roles.has("sensors") && !roles.has("broker"))
    faults.push(
      "ROLES: simulated sensors publish to the broker in their own process: add broker and ingest, or set MQTT_URL to one elsewhere"
    )
  return faults
}
