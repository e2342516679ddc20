/**
 * Who may come in: `name:role:sha256` in hex, comma-separated, as API_KEYS and MQTT_USERS hold them. A fourth part names
 * the sensors that it reaches, with semicolons between them: `press:device:…:press/*;42`.
 *
 * The secret itself is nowhere: it is known by its SHA-256, which is right for long random secrets (`tidemark keys
 * create` makes them) and wrong for short ones. Comparisons take the same time whatever is given, and no reason
 * repeats a hash or a secret.
 */
import { createHash, timingSafeEqual } from "node:crypto"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { type Principal, principalOf, scopeOfDevice } from "../domain/access/Principal.js"
import { Role } from "../domain/access/Roles.js"
import {
  EVERYTHING,
  formatSensorScope,
  parseSensorScope,
  type Scope,
  type SensorScope
} from "../domain/access/Scope.js"

export interface Credential {
  readonly name: string
  readonly role: Role
  /** SHA-256 of the secret: 32 bytes. */
  readonly sha256: Uint8Array
  /** Absent: a device's own, and all for others. */
  readonly sensors?: SensorScope
}

/** Longest name of a credential, in UTF-16 code units. */
export const CREDENTIAL_NAME_LENGTH_MAX = 190

const HASH = /^[0-9a-fA-F]{64}$/
const FORM = "name:role:sha256 in hex"

const isRole = Schema.is(Role)

/** What is wrong with an entry, without saying what it holds beyond its name and role. */
const entryFault = (
  [name = "", role = "", hash]: ReadonlyArray<string>,
  sensors: Either.Either<SensorScope, string> | null
): string | null => {
  if (hash === undefined) return `must be ${FORM}`
  if (name === "") return "has no name"
  if (name.length > CREDENTIAL_NAME_LENGTH_MAX) {
    return `has a name of more than ${CREDENTIAL_NAME_LENGTH_MAX} characters`
  }
  if (!isRole(role)) return `(${name}): the role must be one of ${Role.literals.join(", ")}`
  if (role === "device" && sensors === null && name.includes("*"))
    return `(${name}): a device's name has no star`
  if (sensors !== null && Either.isLeft(sensors)) return `(${name}): its sensors ${sensors.left}`
  return HASH.test(hash) ? null : `(${name}): the SHA-256 must be 64 hex digits`
}

/** The entries of a setting; empty text holds none. Left: every entry's fault, by its place from 1. */
export const parseCredentials = (
  text: string
): Either.Either<ReadonlyArray<Credential>, ReadonlyArray<string>> => {
  const credentials: Array<Credential> = []
  const faults: Array<string> = []
  const entries = text.trim() === "" ? [] : text.split(",")
  for (const [index, entry] of entries.entries()) {
    const parts = entry.split(":").map((part) => part.trim())
    const [name = "", role = "", hash = "", ...named] = parts
    const sensors = named.length === 0 ? null : parseSensorScope(named.join(":").split(";"))
    const fault = entryFault(parts, sensors)
    if (fault !== null) faults.push(`entry ${index + 1} ${fault}`)
    else if (isRole(role)) {
      const reach = sensors === null ? {} : { sensors: Either.getOrThrow(sensors) }
      credentials.push({ name, role, sha256: Buffer.from(hash, "hex"), ...reach })
    }
  }
  return faults.length === 0 ? Either.right(credentials) : Either.left(faults)
}

/** The SHA-256 of a secret, in hex: what an entry holds of it. */
export const hashSecret = (secret: string | Uint8Array): string =>
  createHash("sha256").update(secret).digest("hex")

export const formatCredential = ({ name, role, sensors, sha256 }: Credential): string =>
  [name, role, Buffer.from(sha256).toString("hex")]
    .concat(sensors === undefined ? [] : formatSensorScope(sensors).join(";"))
    .join(":")

const scopeOf = ({ name, role, sensors }: Credential): Scope =>
  sensors !== undefined ? { ...EVERYTHING, sensors } : role === "device" ? scopeOfDevice(name) : EVERYTHING

/** Who has this credential: a device says the sensors of its own name alone, where it names no others. */
export const principalOfCredential = (credential: Credential): Principal =>
  principalOf(credential.name, credential.role, "settings", scopeOf(credential))

const digest = (secret: string | Uint8Array): Uint8Array => createHash("sha256").update(secret).digest()

// All are compared, and the last match wins: how long it takes says nothing of where a match was.
const find = (
  credentials: ReadonlyArray<Credential>,
  secret: string | Uint8Array,
  isCandidate: (credential: Credential) => boolean
): Credential | null => {
  const secretDigest = digest(secret)
  let match: Credential | null = null
  for (const credential of credentials) {
    const same = timingSafeEqual(secretDigest, credential.sha256)
    if (same && isCandidate(credential)) match = credential
  }
  return secret.length === 0 ? null : match
}

/** The credential with this name and secret; null when there is none. An empty secret never matches. */
export const verify = (
  credentials: ReadonlyArray<Credential>,
  name: string,
  secret: string | Uint8Array
): Credential | null => {
  const nameDigest = digest(name)
  return find(credentials, secret, (credential) => timingSafeEqual(nameDigest, digest(credential.name)))
}

/** The credential with this secret, whatever its name: for API keys. */
export const verifySecret = (
  credentials: ReadonlyArray<Credential>,
  secret: string | Uint8Array
): Credential | null => find(credentials, secret, () => true)
