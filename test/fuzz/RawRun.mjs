/** Bytes over sockets that are no request, nearly one, or more than one: what a lenient server would take for another. */
import { connect } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { chanceOf, mutate } from "./Seed.mjs"

const AT_ONCE = 32
/** A connection whose client sends nothing more is to end by then, ms. */
const END_MS_MAX = 20_000
const HOST = "Host: localhost\r\n"
const BODY = '{"topic":"sensors/1","payload":"21.5"}'
const POST = `POST /explain HTTP/1.1\r\n${HOST}Content-Type: application/json\r\n`
/** Were it taken for a request, its answer would be a second one. */
const SMUGGLED = `GET /health/live HTTP/1.1\r\n${HOST}\r\n`

/** Bytes, and which statuses may answer them; none: closed without a word. */
const form = (bytes, statuses, { answers = 1, mayClose = false } = {}) => ({
  bytes: Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes, "latin1"),
  statuses,
  answers,
  mayClose
})

const REFUSED = [400]
const ANY = [200, 204, 301, 400, 401, 403, 404, 405, 406, 408, 411, 413, 414, 415, 417, 426, 429, 431]

/** Each is made anew: the forms that are known to part servers from proxies. */
const FORMS = [
  () => form(`${POST}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG${SMUGGLED}`, REFUSED),
  () => form(`${POST}Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n${SMUGGLED}`, REFUSED),
  () => form(`${POST}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd${SMUGGLED}`, REFUSED),
  () => form(`${POST}Content-Length: +4\r\n\r\nabcd${SMUGGLED}`, REFUSED),
  () => form(`${POST}Content-Length: 4, 4\r\n\r\nabcd${SMUGGLED}`, REFUSED),
  () => form(`${POST}Content-Length: -1\r\n\r\n${SMUGGLED}`, REFUSED),
  () => form(`${POST}Content-Length: 0x4\r\n\r\nabcd${SMUGGLED}`, REFUSED),
  () => form(`${POST}Content-Length: 99999999999999999999999999\r\n\r\n`, REFUSED),
  () => form(`${POST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`, REFUSED),
  () => form(`${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${SMUGGLED}`, REFUSED),
  () => form(`${POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${SMUGGLED}`, REFUSED),
  () => form(`${POST}Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n${SMUGGLED}`, REFUSED),
  () =>
    form(`${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n${SMUGGLED}`, REFUSED),
  () => form(`${POST}Transfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n`, ANY),
  () => form(`${POST}Transfer-Encoding: chunked\r\n\r\n-1\r\nab\r\n0\r\n\r\n`, ANY),
  () => form(`${POST}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nab\r\n0\r\n\r\n`, ANY),
  () => form(`${POST}Transfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n0\r\n\r\n`, ANY),
  () => form(`${POST}Transfer-Encoding: chunked\r\n\r\n2\nab\n0\n\n${SMUGGLED}`, ANY),
  () =>
    form(
      `${POST}Transfer-Encoding: chunked\r\n\r\n${BODY.length.toString(16)};x=${"y".repeat(100_000)}\r\n${BODY}\r\n0\r\n\r\n`,
      ANY
    ),
  () => form(`${POST}Transfer-Encoding: chunked\r\n\r\n0\r\n${"t: u\r\n".repeat(10_000)}\r\n`, ANY),
  () => form(`GET / HTTP/1.1\n${HOST}\n\n`, ANY),
  () => form(`GET /health/live HTTP/1.1\r${HOST}\r\r`, REFUSED),
  () => form(`GET /health/live HTTP/1.1\r\nHost: a\rX: b\r\n\r\n`, REFUSED),
  () => form(`GET /health/live HTTP/1.1\r\n Host: a\r\n\r\n`, REFUSED),
  () => form(`GET /health/live HTTP/1.1\r\n${HOST}X: a\r\n folded\r\n\r\n`, ANY),
  () => form(`GET /health/live HTTP/1.1\r\n${HOST}X\x00Y: a\r\n\r\n`, REFUSED),
  () => form(`GET /health/live HTTP/1.1\r\n${HOST}: a\r\n\r\n`, REFUSED),
  () => form(`GET /health/live HTTP/1.1\r\n\r\n`, REFUSED),
  () => form(`GET /health/live HTTP/1.1\r\n${HOST}Host: other\r\n\r\n`, REFUSED),
  () =>
    form(
      `GET /health/live HTTP/1.1\r\n${HOST}${Array.from({ length: 100_000 }, (_, at) => `x${at}: y`).join("\r\n")}\r\n\r\n`,
      [431]
    ),
  () => form(`GET /health/live HTTP/1.1\r\n${HOST}${"a: b\r\n".repeat(1_500)}\r\n`, ANY),
  () => form(`GET /${"a".repeat(100_000)} HTTP/1.1\r\n${HOST}\r\n`, [414, 431]),
  () => form(`GET http://other.example/health/live HTTP/1.1\r\n${HOST}\r\n`, ANY),
  () => form(`GET http://other.example:x/%zz HTTP/1.1\r\n${HOST}\r\n`, ANY),
  () => form(`GET //other.example/data/ HTTP/1.1\r\n${HOST}\r\n`, ANY),
  () => form(`GET /../../etc/passwd HTTP/1.1\r\n${HOST}\r\n`, ANY),
  () => form(`GET /assets/..%2f..%2fpackage.json HTTP/1.1\r\n${HOST}\r\n`, ANY),
  () => form(`GET health HTTP/1.1\r\n${HOST}\r\n`, REFUSED),
  () => form(`GET /%00%ff%c0%af HTTP/1.1\r\n${HOST}\r\n`, ANY),
  () => form(`GET /\xff\xfe HTTP/1.1\r\n${HOST}\r\n`, ANY),
  () => form(`GET ?x HTTP/1.1\r\n${HOST}\r\n`, REFUSED),
  () => form(`OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, ANY),
  () => form(`CONNECT other.example:443 HTTP/1.1\r\n${HOST}\r\n`, ANY),
  () => form(`TRACE /health HTTP/1.1\r\n${HOST}\r\n`, ANY),
  () => form(`PROPFIND /data/ HTTP/1.1\r\n${HOST}\r\n`, ANY),
  () => form(`GETT /health HTTP/1.1\r\n${HOST}\r\n`, REFUSED),
  () => form(`GET /health/live HTTP/9.9\r\n${HOST}\r\n`, REFUSED),
  () => form(`GET /health/live\r\n`, REFUSED),
  () => form("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", REFUSED),
  () =>
    form(
      `GET /health/live HTTP/1.1\r\n${HOST}Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`,
      ANY
    ),
  () =>
    form(
      `GET /data/ HTTP/1.1\r\n${HOST}Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
      ANY
    ),
  () =>
    form(
      `GET /mqtt HTTP/1.1\r\n${HOST}Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 1\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n`,
      ANY
    ),
  () =>
    form(
      `POST /mqtt HTTP/1.1\r\n${HOST}Upgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 5\r\n\r\nhello`,
      ANY
    ),
  () =>
    form(`${POST}Expect: 100-continue\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`, ANY, { answers: 2 }),
  () => form(`${POST}Expect: 200-ok\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`, [417]),
  () => form(`${SMUGGLED}${SMUGGLED}${SMUGGLED}`, [200], { answers: 3 }),
  () => form(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc]), REFUSED),
  () => form(Buffer.from([0x10, 0x0c, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 0]), REFUSED)
]

const WHOLE = [
  `GET /health/live HTTP/1.1\r\n${HOST}Accept: */*\r\n\r\n`,
  `GET /data/?limit=2&sensor_id=1 HTTP/1.1\r\n${HOST}Accept: text/csv\r\n\r\n`,
  `${POST}Content-Length: ${BODY.length}\r\n\r\n${BODY}`,
  `${POST}Transfer-Encoding: chunked\r\n\r\n${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`,
  `DELETE /sensors/999 HTTP/1.1\r\n${HOST}Authorization: Bearer x\r\n\r\n`,
  `GET /odata/sensor_data?$top=1 HTTP/1.1\r\n${HOST}\r\n`
]

/** The bytes of a number, and what may answer them. */
const rawOf = (chance) => {
  if (chance.may(0.5)) return chance.pick(FORMS)()
  const whole = Buffer.from(chance.pick(WHOLE), "latin1")
  // A fault may leave a request that waits for more: it is closed by us, and has no answer.
  return form(mutate(chance, whole), ANY, { answers: 3, mayClose: true })
}

const statusesOf = (text) =>
  [...text.matchAll(/(?:^|\r\n|\}|\n)HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))

/** Sends bytes in one piece or some, and gives all that comes until the end. */
const exchange = (port, chance, bytes) =>
  new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true })
    let text = ""
    const finish = (ended) => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ text, ended })
    }
    const timer = setTimeout(() => finish(false), END_MS_MAX)
    socket.setEncoding("latin1")
    socket.on("data", (chunk) => {
      text += chunk
    })
    socket.on("error", () => {})
    socket.on("close", () => finish(true))
    socket.on("end", () => finish(true))
    socket.on("connect", async () => {
      const pieces = chance.may(0.2) ? chance.whole(2, 4) : 1
      const size = Math.ceil(bytes.length / pieces)
      for (let at = 0; at < bytes.length && !socket.destroyed; at += size) {
        socket.write(bytes.subarray(at, at + size))
        if (pieces > 1) await sleep(1)
      }
      socket.end()
    })
  })

const judge = ({ answers, mayClose, statuses }, { ended, text }) => {
  const told = statusesOf(text).filter((status) => status !== 100)
  if (!ended) return `no end for ${END_MS_MAX} ms after ${JSON.stringify(text.slice(0, 200))}`
  if (told.some((status) => status >= 500)) return `status ${told}: ${text.slice(0, 300)}`
  if (told.length === 0) return mayClose ? null : "a hole: closed without an answer"
  if (told.length > answers) return `${told.length} answers: ${text.slice(0, 300)}`
  return told.every((status) => statuses.includes(status)) || mayClose
    ? null
    : `status ${told}: ${text.slice(0, 300)}`
}

export const fuzzRaw = async ({ count, failuresMax, only, port, seed, tell, until }) => {
  const failures = []
  let made = 0
  let number = only ?? 0
  const last = only === undefined ? count : only + 1
  const work = async () => {
    while (number < last && failures.length < failuresMax && performance.now() < until) {
      const own = number
      number += 1
      const chance = chanceOf(seed, own)
      const raw = rawOf(chance)
      const fault = judge(raw, await exchange(port, chance, raw.bytes))
      made += 1
      tell("raw", made, count)
      if (fault !== null)
        failures.push({
          part: "raw",
          number: own,
          case: JSON.stringify(raw.bytes.subarray(0, 400).toString("latin1")),
          fault
        })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return { made, failures }
}

/** Connections that send a byte now and then, and never a whole request: none may live on. */
export const dripSlowly = (port, count, everyMs) => {
  const request = Buffer.from(`${POST}Content-Length: 1000000\r\n\r\n${BODY}`)
  const drips = Array.from({ length: count }, (_, index) => {
    const socket = connect(port, "127.0.0.1")
    const drip = { open: true, started: performance.now(), ended: 0 }
    // Half of them never get to the end of their head.
    let at = index % 2 === 0 ? 1 : request.length - 1
    socket.on("error", () => {})
    socket.on("connect", () => socket.write(request.subarray(0, at)))
    const timer = setInterval(() => {
      socket.write(request.subarray(at % request.length, (at % request.length) + 1))
      at += index % 2 === 0 && at > 40 ? 0 : 1
    }, everyMs)
    socket.on("close", () => {
      clearInterval(timer)
      drip.open = false
      drip.ended = performance.now()
    })
    socket.resume()
    drip.stop = () => {
      clearInterval(timer)
      socket.destroy()
    }
    return drip
  })
  return drips
}
