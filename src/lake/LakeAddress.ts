/** Where a lake lies, as the command line says it: a folder, or `s3://bucket/prefix`. */
import { resolve } from "node:path"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { folderStore } from "./FolderStore.js"
import { LakeFault } from "./LakeFormat.js"
import { type S3Access, s3Place, s3Store } from "./S3Store.js"

const maybe = (name: string) => Config.option(Config.string(name))
const secret = (name: string) => Config.option(Config.redacted(name))

/** As every program with Amazon's client takes it; these of `.env` too, of which that client knows nothing. */
const access = Config.all({
  endpoint: maybe("AWS_ENDPOINT_URL_S3").pipe(Config.orElse(() => maybe("AWS_ENDPOINT_URL"))),
  region: maybe("AWS_REGION"),
  id: maybe("AWS_ACCESS_KEY_ID"),
  secret: secret("AWS_SECRET_ACCESS_KEY"),
  token: secret("AWS_SESSION_TOKEN")
}).pipe(
  Config.map(
    (is): S3Access => ({
      endpoint: Option.getOrUndefined(is.endpoint),
      region: Option.getOrUndefined(is.region),
      key: Option.getOrUndefined(
        Option.zipWith(is.id, is.secret, (id, key) => ({
          id,
          secret: Redacted.value(key),
          token: Option.getOrUndefined(Option.map(is.token, Redacted.value))
        }))
      )
    })
  )
)

/** An address that means the same in every process. */
export const fixedAddress = (address: string): string =>
  s3Place(address) === undefined ? resolve(address) : address

export const lakeAt = (address: string) =>
  Effect.gen(function* () {
    if (!address.startsWith("s3:")) return folderStore(address)
    const place = s3Place(address)
    if (place === undefined) {
      return yield* new LakeFault({
        path: address,
        reason: "it is no address of a bucket: say s3://bucket/prefix"
      })
    }
    return yield* s3Store(place, yield* access)
  })
