// A collector of OTLP over HTTP that swallows all it is sent. GET / answers how many bytes came, by path.
import { createServer } from "node:http"

const bytes = {}

const server = createServer((request, response) => {
  const { method, url } = request
  if (method === "GET") {
    response.end(JSON.stringify(bytes))
    return
  }
  request.on("data", (chunk) => {
    bytes[url] = (bytes[url] ?? 0) + chunk.length
  })
  request.on("end", () => response.setHeader("content-type", "application/json").end("{}"))
})
server.listen(0, "127.0.0.1", () => console.log(`collector port ${server.address().port}`))
process.once("SIGTERM", () => process.exit())
