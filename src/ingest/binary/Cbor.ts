/**
 * CBOR (RFC 8949) as the JSON that it stands for, so that the same rules read it. No map or array of CBOR begins like
 * text in UTF-8: only bytes that are no text are tried.
 *
 * Bytes become text that no number is (`h'0102'`), times of tag 1 seconds, large integers text. Integer keys of SenML
 * (RFC 8428, 6) are its names.
 */
import { decode, type TagDecoder } from "cborg"

const MAP_MIN = 0x80
const MAP_MAX = 0xbf
/** Tag 55799, which says of itself that it is CBOR. */
const SELF = [0xd9, 0xd9, 0xf7]
const DEPTH_MAX = 64

const SENML: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  ...([
    [-1, "bver"],
    [-2, "bn"],
    [-3, "bt"],
    [-4, "bu"],
    [-5, "bv"],
    [-6, "bs"]
  ] as const),
  ...([
    [0, "n"],
    [1, "u"],
    [2, "v"],
    [3, "vs"],
    [4, "vb"],
    [5, "s"],
    [6, "t"],
    [7, "ut"],
    [8, "vd"]
  ] as const)
])

const hex = (bytes: Uint8Array): string => `h'${Buffer.from(bytes).toString("hex")}'`

/** An integer of any length, from its bytes. */
const bigOf = (bytes: unknown): bigint =>
  bytes instanceof Uint8Array && bytes.length > 0 ? BigInt(`0x${Buffer.from(bytes).toString("hex")}`) : 0n

const plain: TagDecoder = (content) => content()
const TAGS: { [tag: number]: TagDecoder } = {
  ...Object.fromEntries([0, 1, 21, 22, 23, 24, 32, 33, 34, 35, 36, 37, 55_799].map((tag) => [tag, plain])),
  2: (content) => bigOf(content()),
  3: (content) => -1n - bigOf(content())
}

/** A decimal fraction or an array of numbers has no tag here: what has another one is no message that is understood. */
const jsonOf = (value: unknown, depth: number): unknown => {
  if (depth > DEPTH_MAX) throw new RangeError("nested too deep")
  if (value instanceof Uint8Array) return hex(value)
  if (Array.isArray(value)) return value.map((one) => jsonOf(one, depth + 1))
  if (value instanceof Map) {
    return Object.fromEntries(
      Array.from(value, ([key, one]) => [SENML.get(key) ?? String(key), jsonOf(one, depth + 1)])
    )
  }
  // As text: whether a double holds it is for those to say who take it for a number.
  return typeof value === "bigint" ? String(value) : (value ?? null)
}

const isCbor = (bytes: Uint8Array): boolean => {
  const [first = 0] = bytes
  return (first >= MAP_MIN && first <= MAP_MAX) || SELF.every((byte, at) => bytes[at] === byte)
}

/** The JSON of a map or an array in CBOR that ends where the bytes end; undefined: it is none. */
export const cborJson = (bytes: Uint8Array): object | undefined => {
  if (!isCbor(bytes)) return undefined
  try {
    const json = jsonOf(decode(bytes, { useMaps: true, rejectDuplicateMapKeys: true, tags: TAGS }), 0)
    return typeof json === "object" && json !== null ? json : undefined
  } catch {
    return undefined
  }
}
