// The simplest program that stores each message safely: a connection, an insert and a commit of its own for each, one after
// another, acknowledged afterwards. The broker holds what waits, and drops what is more than its queue takes.
import mqtt from "mqtt"
import mysql from "mysql2/promise"
import { cellsOf, INSERT, TABLE } from "./table.mjs"

const [port, url] = process.argv.slice(2)
const inserted = async (sql, cells) => {
  const connection = await mysql.createConnection(url)
  await connection.beginTransaction()
  await connection.query(sql, cells)
  await connection.commit()
  await connection.end()
}
await inserted(TABLE, [])
const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { clientId: "simplest", clean: false })
client.handleMessage = (packet, done) => {
  inserted(INSERT, cellsOf(packet.payload)).then(() => done(), done)
}
client.on("connect", async () => {
  await client.subscribeAsync("sensors/#", { qos: 1 })
  console.log("subscribed")
})
