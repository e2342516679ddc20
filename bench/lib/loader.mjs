// Asks one path again and again over kept connections, raw sockets. Arguments: port, path, connections, ms, and
// "known" to ask with the entity tag of the answer, so that each answer is a 304. {time} in the path is another second
// of the first of January 2026 for each request, so that no answer can be one that was given before.
// Prints {requests, seconds, bytes}: of answers that came within the time; another status is an error.
import { get } from "node:http"
import { connect } from "node:net"

const [port, path, connections, millis, known] = process.argv.slice(2)
const HEAD_END = Buffer.from("\r\n\r\n")
const LAST_CHUNK = Buffer.from("0\r\n\r\n")

const entityTag = () =>
  new Promise((resolve, reject) => {
    get({ port, path, host: "127.0.0.1" }, (answer) => {
      answer.resume()
      resolve(answer.headers.etag)
    }).on("error", reject)
  })

const status = known === "known" ? 304 : 200
const condition = status === 304 ? `If-None-Match: ${await entityTag()}\r\n` : ""
const SECONDS = 86_400
let sent = Math.floor(Math.random() * SECONDS)
const nextRequest = () => {
  sent += 1
  const time = new Date(Date.UTC(2026, 0, 1) + (sent % SECONDS) * 1_000).toISOString()
  const asked = path.replace("{time}", time)
  return `GET ${asked} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: keep-alive\r\n${condition}\r\n`
}

/** The length of the first answer in the buffer, or 0 while it is not whole. */
const answerLength = (buffer) => {
  const end = buffer.indexOf(HEAD_END)
  if (end < 0) return 0
  const head = buffer.subarray(0, end).toString("latin1").toLowerCase()
  if (!head.startsWith(`http/1.1 ${status}`)) throw new Error(head.split("\r\n", 1)[0])
  if (status === 304) return end + 4
  const declared = /content-length: (\d+)/.exec(head)
  if (declared !== null) {
    const length = end + 4 + Number(declared[1])
    return buffer.length >= length ? length : 0
  }
  const last = buffer.indexOf(LAST_CHUNK, end)
  return last < 0 ? 0 : last + LAST_CHUNK.length
}

let requests = 0
let bytes = 0
const started = performance.now()
const client = () =>
  new Promise((resolve, reject) => {
    const socket = connect({ port: Number(port), host: "127.0.0.1", noDelay: true })
    let buffer = Buffer.alloc(0)
    socket.on("connect", () => socket.write(nextRequest()))
    socket.on("error", reject)
    socket.on("close", () => reject(new Error("the connection was closed")))
    socket.on("data", (chunk) => {
      buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk])
      const length = answerLength(buffer)
      if (length === 0) return
      buffer = buffer.subarray(length)
      requests += 1
      bytes = length
      if (performance.now() - started < Number(millis)) socket.write(nextRequest())
      else resolve(socket.destroy())
    })
  })
await Promise.all(Array.from({ length: Number(connections) }, client))
console.log(JSON.stringify({ requests, bytes, seconds: (performance.now() - started) / 1_000 }))
