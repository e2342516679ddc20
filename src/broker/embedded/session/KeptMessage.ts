/**
 * A message that is kept, for a session or as a retained one: what it takes, and a copy of it that holds nothing else.
 *
 * A client's bytes arrive in chunks of 64 KiB, and small buffers are parts of larger ones of Node's. A part keeps the
 * whole alive: so each that is kept gets memory of its own.
 */
import type { IPublishPacket } from "mqtt-packet"

type Properties = NonNullable<IPublishPacket["properties"]>

interface Message {
  readonly topic: string
  readonly payload: string | Buffer
  readonly properties?: Properties | undefined
}

const encoder = new TextEncoder()

/** What an entry of an object or a list takes beside its text, in bytes: measured, roughly. */
const ENTRY_BYTES = 50

const own = (bytes: Uint8Array): Buffer => {
  const copy = Buffer.allocUnsafeSlow(bytes.length)
  copy.set(bytes)
  return copy
}

const sizeOf = (value: unknown): number => {
  if (typeof value === "string") return Buffer.byteLength(value)
  if (value instanceof Uint8Array) return value.length
  if (typeof value !== "object" || value === null) return 0
  return Object.entries(value).reduce((sum, [name, one]) => sum + ENTRY_BYTES + name.length + sizeOf(one), 0)
}

/** The bytes of what its client chose: of its properties too, which may be as long as its payload. */
export const bytesOf = ({ payload, properties, topic }: Message): number =>
  sizeOf(topic) + sizeOf(payload) + sizeOf(properties)

const ownProperties = (properties: Properties): Properties =>
  properties.correlationData === undefined
    ? { ...properties }
    : { ...properties, correlationData: own(properties.correlationData) }

/** A copy that shares no bytes with anything, and whose properties are its own. */
export const detached = <M extends Message>(message: M): M & { readonly payload: Buffer } => ({
  ...message,
  payload: own(typeof message.payload === "string" ? encoder.encode(message.payload) : message.payload),
  ...(message.properties === undefined ? {} : { properties: ownProperties(message.properties) })
})

/** A message that several may keep: it is copied once, for the first of them, and never changed. */
export class Keepable<M extends Message> {
  readonly bytes: number
  private copy: (M & { readonly payload: Buffer }) | null = null

  constructor(private readonly message: M) {
    this.bytes = bytesOf(message)
  }

  get kept(): M & { readonly payload: Buffer } {
    this.copy ??= detached(this.message)
    return this.copy
  }
}
