// The same tables, made by the same statements.
import { migrations } from "../../dist/migrations/index.js"

export const statements = (dialect) => migrations.map((migration) => migration[dialect])
