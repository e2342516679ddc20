// Opens a database, and reads the head of its log. Arguments: dialect and database.
import { HEAD, openReader } from "./readings.mjs"

const [{ position }] = await openReader(process.argv.slice(2)).query(HEAD)([])
console.log(JSON.stringify({ position: Number(position) }))
process.exit()
