/** Something that devices or files hold, and what is stored of it, whatever way it comes. */

/** When all of it was measured. */
export const T = "2024-06-14T17:27:45Z"
export const MILLIS = Date.parse(T)
export const SECONDS = MILLIS / 1_000
export const NANOS = `${SECONDS}000000123`
export const LOCAL = T.slice(0, 19)

/** Why a way can't carry it. */
export interface Never {
  readonly never: string
}

export interface Case {
  readonly shape: string
  /** Messages, each with its topic; or the bytes of one, on a topic that names no device. */
  readonly given: ReadonlyArray<readonly [topic: string, payload: unknown]> | string | Uint8Array
  /** `sensor value`; behind it its time, where that is not T. */
  readonly stored: ReadonlyArray<string>
  /** The code of each part that is refused, and what its words say. */
  readonly refused?: ReadonlyArray<readonly [code: string, words: RegExp]>
  readonly mqtt?: Never
  readonly post?: "json" | "ndjson" | "csv" | "senml" | "lines" | Never
  /** How the file is named. */
  readonly file?: string | Never
}

export const NO_TOPIC: Never = { never: "a POST has no topic" }
export const on = (topic: string, ...payloads: ReadonlyArray<unknown>): Case["given"] =>
  payloads.map((payload) => [topic, payload] as const)
export const lines = (...all: ReadonlyArray<string>): string => `${all.join("\n")}\n`
export const latin1 = (text: string) => new Uint8Array(Buffer.from(text, "latin1"))
