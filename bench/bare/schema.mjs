// The same tables, made by the same statements; `server` as `serverOf` names it.
import { migrations, statementFor } from "../../dist/migrations/index.js"

export const statements = (server) => migrations.map((migration) => statementFor(server, migration))
