/**
 * A certificate of this process' own, to try TLS by: self-signed, so that a client trusts it when it is told to. It is
 * kept, so that this need be told once.
 */
import { X509Certificate } from "node:crypto"
import { hostname } from "node:os"
import { join } from "node:path"
import { FileSystem } from "@effect/platform/FileSystem"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { TlsFault } from "./TlsFiles.js"

export interface DevCertificate {
  readonly cert: string
  readonly key: string
  /** SHA-256, to be compared with what a client is shown. */
  readonly fingerprint: string
}

const DAY_MILLIS = 86_400_000
/** As long as Apple's systems take one. */
const VALID_DAYS = 397

const ADDRESSES = ["127.0.0.1", "::1"]

const generated = (now: number) =>
  Effect.promise(async () => {
    const { generate } = await import("selfsigned")
    const names = ["localhost", hostname()].map((value) => ({ type: 2 as const, value }))
    const addresses = ADDRESSES.map((ip) => ({ type: 7 as const, ip }))
    return generate([{ name: "commonName", value: "Tidemark on this machine" }], {
      keyType: "ec",
      algorithm: "sha256",
      notBeforeDate: new Date(now - DAY_MILLIS),
      notAfterDate: new Date(now + VALID_DAYS * DAY_MILLIS),
      extensions: [
        { name: "basicConstraints", cA: false },
        { name: "keyUsage", digitalSignature: true },
        { name: "extKeyUsage", serverAuth: true },
        { name: "subjectAltName", altNames: [...names, ...addresses] }
      ]
    })
  })

const isGood = (pem: string, now: number): boolean =>
  Option.exists(
    Option.liftThrowable(() => new X509Certificate(pem).validTo)(),
    (end) => Date.parse(end) > now + DAY_MILLIS
  )

/** The one of this folder, made where there is none that holds for another day. */
export const devCertificate = (folder: string): Effect.Effect<DevCertificate, TlsFault, FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem
    const now = yield* Clock.currentTimeMillis
    const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")]
    const text = (path: string) => Effect.orElseSucceed(fs.readFileString(path), () => "")
    const before = yield* text(cert)
    if (!isGood(before, now) || (yield* text(key)) === "") {
      const made = yield* generated(now)
      yield* fs.makeDirectory(folder, { recursive: true })
      yield* fs.writeFileString(key, made.private, { mode: 0o600 })
      yield* fs.writeFileString(cert, made.cert)
    }
    const { fingerprint256 } = new X509Certificate(yield* fs.readFileString(cert))
    return { cert, key, fingerprint: fingerprint256 }
  }).pipe(Effect.mapError(({ message }) => new TlsFault({ reason: message })))
