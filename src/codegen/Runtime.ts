/**
 * The part of a client that is the same for every contract, as text. It stands on `fetch` alone, so that it runs in
 * browsers, Node and Deno, and has no syntax that types can't be stripped from.
 */

export const RUNTIME_TYPES = `/** How a call is made, beside what it asks. */
export interface CallOptions {
  /** Ends the call, and a stream or walk that it began. */
  readonly signal?: AbortSignal | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Sees each answer, for its status and headers (\`ETag\`, \`Tidemark-Position\`); its body is not to be read. */
  readonly onResponse?: ((response: Response) => void) | undefined
}

export interface ClientOptions {
  /** Where the server is, "http://127.0.0.1:8000"; empty, in a browser: where the page is from. */
  readonly baseUrl: string | URL
  /** Sent as \`Authorization: Bearer\`. */
  readonly key?: string | undefined
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly fetch?: typeof globalThis.fetch | undefined
}

/** A body that is text: as it is, or a file. */
export type TextBody = string | Blob

/** A Server-Sent Event with its data decoded. */
export interface ServerEvent<Data> {
  /** Go on behind it with \`Last-Event-ID\`. */
  readonly id: string
  readonly event: string
  readonly data: Data
}

/** An answer that is no success. What the network itself fails with comes as \`fetch\` gives it. */
export class TidemarkError extends Error {
  override readonly name = "TidemarkError"
  /** The operation that was called. */
  readonly operation: string
  readonly status: number
  /** What the server said: of most routes a \`Problem\`; undefined where it said no JSON. */
  readonly body: ErrorBody | undefined
  /** What is wrong, each bad field by its name. */
  readonly problem: Problem | undefined
  /** Seconds after which to try again, where the server said. */
  readonly retryAfter: number | undefined
  constructor(operation: string, response: Response, body: ErrorBody | undefined) {
    const isProblem = (response.headers.get("content-type") ?? "").startsWith("application/problem+json")
    const problem = isProblem ? (body as Problem | undefined) : undefined
    super(operation + ": " + response.status + " " + (problem?.detail ?? response.statusText))
    this.operation = operation
    this.status = response.status
    this.body = body
    this.problem = problem
    const after = Number(response.headers.get("retry-after") ?? "")
    this.retryAfter = after > 0 ? after : undefined
  }
}
`

export const RUNTIME = `interface Operation {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly query: ReadonlyArray<string>
  readonly headers: ReadonlyArray<string>
  readonly accept: string
  /** Of its body, where the caller names none; empty: it has no body. */
  readonly contentType: string
}

type Values = Readonly<Record<string, unknown>>

const listOf = (value: unknown): ReadonlyArray<unknown> =>
  value === undefined || value === null ? [] : Array.isArray(value) ? value : [value]

const isJsonType = (type: string): boolean => /^application\\/(.*\\+)?json$/.test(type)

/** The query of the next page, as \`Link\` names it. */
const nextQuery = (link: string | null): string | undefined =>
  /<[^>]*\\?([^>]*)>\\s*;\\s*rel="?next"?/.exec(link ?? "")?.[1]

const bytesOf = async function* (body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array, void, undefined> {
  if (body === null) return
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

/** The lines of a body, without their ends; what stands behind the last end is the last line. */
const linesOf = async function* (body: ReadableStream<Uint8Array> | null): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder()
  let rest = ""
  for await (const bytes of bytesOf(body)) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\\n")
    rest = lines.pop() ?? ""
    for (const line of lines) yield line.replace(/\\r$/, "")
  }
  rest += decoder.decode()
  if (rest !== "") yield rest
}

/** The rows of an NDJSON answer, each as it comes. */
export const ndjsonRows = async function* <Row = unknown>(response: Response): AsyncGenerator<Row, void, undefined> {
  for await (const line of linesOf(response.body)) if (line !== "") yield JSON.parse(line) as Row
}

/** The rows of pages, one by one. */
export const rowsOf = async function* <Row>(
  pages: AsyncIterable<ReadonlyArray<Row>>
): AsyncGenerator<Row, void, undefined> {
  for await (const page of pages) yield* page
}

const eventsOf = async function* <Event extends ServerEvent<unknown>>(
  body: ReadableStream<Uint8Array> | null
): AsyncGenerator<Event, void, undefined> {
  let id = ""
  let event = "message"
  let data: Array<string> = []
  for await (const line of linesOf(body)) {
    if (line === "") {
      if (data.length > 0) yield { id, event, data: JSON.parse(data.join("\\n")) } as Event
      event = "message"
      data = []
      continue
    }
    const [, field = "", value = ""] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? []
    if (field === "id") id = value
    if (field === "event") event = value
    if (field === "data") data.push(value)
  }
}

/** How long a broken stream waits before it is asked for again, in ms. */
const RECONNECT_MILLIS = 1000

const pause = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    const timer = globalThis.setTimeout(resolve, ms)
    const end = () => {
      globalThis.clearTimeout(timer)
      resolve()
    }
    signal?.addEventListener("abort", end, { once: true })
  })

class Transport {
  readonly #base: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #fetch: typeof globalThis.fetch

  constructor(options: ClientOptions) {
    this.#base = String(options.baseUrl).replace(/\\/+$/, "")
    const key = options.key === undefined ? {} : { authorization: "Bearer " + options.key }
    this.#headers = { ...key, ...options.headers }
    this.#fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init))
  }

  #path(operation: Operation, values: Values): string {
    const path = operation.path.replace(/\\{([^}]+)\\}/g, (_, name: string) => encodeURIComponent(String(values[name])))
    return this.#base + path
  }

  #query(operation: Operation, values: Values): string {
    const search = new URLSearchParams()
    for (const name of operation.query) for (const one of listOf(values[name])) search.append(name, String(one))
    return search.toString()
  }

  async #ask(operation: Operation, values: Values, options: CallOptions, accept: string, query?: string): Promise<Response> {
    const headers = new Headers({ accept, ...this.#headers, ...options.headers })
    for (const name of operation.headers) for (const one of listOf(values[name])) headers.set(name, String(one))
    const init: RequestInit = { method: operation.method, headers }
    if (operation.contentType !== "") {
      const type = String(values["contentType"] ?? operation.contentType)
      headers.set("content-type", type)
      init.body = isJsonType(type) ? JSON.stringify(values["body"]) : (values["body"] as TextBody)
    }
    if (options.signal !== undefined) init.signal = options.signal
    const search = query ?? this.#query(operation, values)
    const response = await this.#fetch(this.#path(operation, values) + (search === "" ? "" : "?" + search), init)
    options.onResponse?.(response)
    if (response.ok) return response
    const text = await response.text()
    throw new TidemarkError(operation.id, response, errorBody(text))
  }

  response(operation: Operation, request: object, options: CallOptions): Promise<Response> {
    return this.#ask(operation, request as Values, options, "*/*")
  }

  async json<Result>(operation: Operation, request: object, options: CallOptions): Promise<Result> {
    const response = await this.#ask(operation, request as Values, options, operation.accept)
    return (await response.json()) as Result
  }

  async text(operation: Operation, request: object, options: CallOptions): Promise<string> {
    const response = await this.#ask(operation, request as Values, options, operation.accept)
    return response.text()
  }

  async bytes(operation: Operation, request: object, options: CallOptions): Promise<Blob> {
    const response = await this.#ask(operation, request as Values, options, operation.accept)
    return response.blob()
  }

  async nothing(operation: Operation, request: object, options: CallOptions): Promise<void> {
    const response = await this.#ask(operation, request as Values, options, operation.accept)
    await response.body?.cancel()
  }

  async *pages<Page>(operation: Operation, request: object, options: CallOptions): AsyncGenerator<Page, void, undefined> {
    for (let query: string | undefined = this.#query(operation, request as Values); query !== undefined; ) {
      const response: Response = await this.#ask(operation, request as Values, options, operation.accept, query)
      yield (await response.json()) as Page
      query = nextQuery(response.headers.get("link"))
    }
  }

  /** Goes on behind the last event when the stream breaks off; the first connection's failure is the caller's. */
  async *events<Event extends ServerEvent<unknown>>(
    operation: Operation,
    request: object,
    options: CallOptions
  ): AsyncGenerator<Event, void, undefined> {
    let last: string | undefined
    for (let first = true; ; first = false) {
      const values = last === undefined ? request : { ...request, "Last-Event-ID": last }
      let wait = RECONNECT_MILLIS
      try {
        const response = await this.#ask(operation, values as Values, options, operation.accept)
        for await (const event of eventsOf<Event>(response.body)) {
          if (event.id !== "") last = event.id
          yield event
        }
      } catch (error) {
        const refused = error instanceof TidemarkError && error.status < 500
        if (first || refused || options.signal?.aborted === true) throw error
        if (error instanceof TidemarkError) wait = (error.retryAfter ?? 1) * 1000
      }
      await pause(wait, options.signal)
      if (options.signal?.aborted === true) return
    }
  }
}

const errorBody = (text: string): ErrorBody | undefined => {
  try {
    return JSON.parse(text) as ErrorBody
  } catch {
    return undefined
  }
}
`
