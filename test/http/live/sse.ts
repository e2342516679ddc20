/** A client of Server-Sent Events on a plain socket, which can stop reading, and hang up at any time. */
import { type ClientRequest, type IncomingMessage, request } from "node:http"

export interface SseEvent {
  readonly event: string
  readonly id: number
  readonly data: Readonly<Record<string, unknown>>
}

const parse = (block: string): SseEvent | undefined => {
  const fields = new Map(
    block.split("\n").flatMap((line) => {
      const colon = line.indexOf(": ")
      return colon > 0 ? [[line.slice(0, colon), line.slice(colon + 2)] as const] : []
    })
  )
  const data = fields.get("data")
  return data === undefined
    ? undefined
    : { event: fields.get("event") ?? "", id: Number(fields.get("id")), data: JSON.parse(data) }
}

export class SseClient {
  readonly events: Array<SseEvent> = []
  comments = 0
  status = 0
  retry = 0
  /** "end": the server ended it whole; "error": it was cut. */
  ended: "no" | "end" | "error" = "no"
  contentType = ""
  private text = ""
  private response: IncomingMessage | undefined
  private readonly asked: ClientRequest

  constructor(
    url: string,
    lastEventId?: number,
    readonly onEvent: (client: SseClient) => void = () => {},
    headers: Readonly<Record<string, string>> = {}
  ) {
    this.asked = request(url, {
      agent: false,
      headers: { ...headers, ...(lastEventId === undefined ? {} : { "last-event-id": String(lastEventId) }) }
    })
    this.asked.on("error", () => this.end("error"))
    this.asked.on("response", (response) => {
      this.status = response.statusCode ?? 0
      this.contentType = response.headers["content-type"] ?? ""
      this.response = response
      response.setEncoding("utf8")
      response.on("data", (chunk: string) => this.take(chunk))
      response.on("end", () => this.end("end"))
      response.on("error", () => this.end("error"))
    })
    this.asked.end()
  }

  private end(how: "end" | "error"): void {
    if (this.ended === "no") this.ended = how
  }

  private take(chunk: string): void {
    const blocks = (this.text + chunk).split("\n\n")
    this.text = blocks.pop() ?? ""
    for (const block of blocks) {
      const event = parse(block)
      if (event === undefined) {
        this.comments += 1
        this.retry = Number(/^retry: (\d+)$/m.exec(block)?.[1] ?? this.retry)
      } else {
        this.events.push(event)
        this.onEvent(this)
        // It has hung up: what the chunk holds more it has not got.
        if (this.ended !== "no") return
      }
    }
  }

  get last(): number | undefined {
    return this.events.at(-1)?.id
  }

  pause(): void {
    this.response?.pause()
  }

  resume(): void {
    this.response?.resume()
  }

  hangUp(): void {
    this.end("error")
    this.asked.destroy()
  }
}
