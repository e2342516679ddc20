// A plain consumer: mqtt.js and a pool of mysql2, an insert a message. mqtt.js acknowledges a message as it arrives, so what
// is not inserted yet is in memory alone; a message that comes again is a second row.
import mqtt from "mqtt"
import mysql from "mysql2/promise"
import { cellsOf, INSERT, TABLE } from "./table.mjs"

const [port, url] = process.argv.slice(2)
const pool = mysql.createPool({ uri: url, connectionLimit: 10 })
await pool.query(TABLE)
const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { clientId: "consumer", clean: false })
client.on("message", (_topic, payload) => pool.execute(INSERT, cellsOf(payload)))
client.on("connect", async () => {
  await client.subscribeAsync("sensors/#", { qos: 1 })
  console.log("subscribed")
})
