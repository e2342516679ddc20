// Asks a server of this machine, each time on a new connection: one that is kept is closed when the server has waited
// too long for more.
import { get } from "node:http"

/** The JSON that a path answers with 200. */
export const askJson = (port, path) =>
  new Promise((resolve, reject) => {
    get({ agent: false, host: "127.0.0.1", port, path }, (answer) => {
      const chunks = []
      answer.on("data", (chunk) => chunks.push(chunk))
      answer.on("end", () => {
        const text = Buffer.concat(chunks).toString()
        if (answer.statusCode === 200) resolve(JSON.parse(text))
        else reject(new Error(`${path} was answered with ${answer.statusCode}: ${text}`))
      })
      answer.on("aborted", () => reject(new Error(`${path} was broken off`)))
    }).on("error", reject)
  })
