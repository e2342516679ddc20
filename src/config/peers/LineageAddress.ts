/** Where run events of OpenLineage go, as OPENLINEAGE_URL says it. */
import * as Either from "effect/Either"

export type LineageAddress =
  | { readonly _tag: "Http"; readonly url: string }
  | { readonly _tag: "File"; readonly path: string }

const HTTP = /^https?:\/\//i
const FILE = /^file:(?:\/\/)?(.+)$/i
const LONGEST = 2_000

/** `https://host/api/v1/lineage`, without a password in it; or `file:./lineage.ndjson`. */
export const parseLineageUrl = (text: string): Either.Either<LineageAddress, string> => {
  const path = FILE.exec(text)?.[1]
  if (path !== undefined && !path.includes("\0")) return Either.right({ _tag: "File", path })
  if (!HTTP.test(text) || text.length > LONGEST || !URL.canParse(text)) {
    return Either.left('must be an address such as "https://host/api/v1/lineage", or "file:./lineage.ndjson"')
  }
  const { hash, href, password, username } = new URL(text)
  return username !== "" || password !== "" || hash !== ""
    ? Either.left("must have no user, password or fragment: give a key as OPENLINEAGE_API_KEY")
    : Either.right({ _tag: "Http", url: href })
}
