/** An authority and certificates of it, made by openssl. */
import { execFileSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Either from "effect/Either"

export const hasOpenssl = (): boolean =>
  Either.isRight(Either.try(() => execFileSync("openssl", ["version"], { stdio: "ignore" })))

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

export interface Authority {
  /** Its certificate, as a file and as text. */
  readonly file: string
  readonly pem: string
  /**
   * Writes `NAME.pem` and `NAME.key` for a subject, in place of what was there: of a server under these names
   * (`DNS:localhost`, `IP:127.0.0.1`), or of a client.
   */
  readonly certify: (
    name: string,
    subject: string,
    names?: ReadonlyArray<string>
  ) => { readonly cert: string; readonly key: string }
}

/** Makes the authority in this folder; `name` tells several apart. */
export const authority = (folder: string, name = "ca"): Authority => {
  const openssl = (...args: ReadonlyArray<string>) =>
    execFileSync("openssl", args, { cwd: folder, stdio: "ignore" })
  const [own, key] = [`${name}.pem`, `${name}.key`]
  openssl("req", "-x509", ...NEW_KEY, "-keyout", key, "-out", own, "-days", "2", "-subj", `/CN=${name}`)
  return {
    file: join(folder, own),
    pem: readFileSync(join(folder, own), "utf8"),
    certify: (file, subject, names = []) => {
      openssl("req", ...NEW_KEY, "-keyout", `${file}.key`, "-out", `${file}.csr`, "-subj", `/CN=${subject}`)
      writeFileSync(
        join(folder, `${file}.ext`),
        names.length === 0 ? "" : `subjectAltName=${names.join(",")}\n`
      )
      const signed = ["-CA", own, "-CAkey", key, "-CAcreateserial", "-days", "2", "-extfile", `${file}.ext`]
      openssl("x509", "-req", "-in", `${file}.csr`, "-out", `${file}.pem`, ...signed)
      return { cert: join(folder, `${file}.pem`), key: join(folder, `${file}.key`) }
    }
  }
}
