/**
 * How each engine tells that a transaction is to be run again, as its documents have it.
 *
 * - MySQL: https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html
 * - Galera: https://mariadb.com/docs/galera-cluster/reference/mariadb-galera-cluster-known-limitations; a conflict that its
 *   certification finds is a deadlock (1213, SQLSTATE 40001), told by a statement or by COMMIT
 * - TiDB: https://docs.pingcap.com/tidb/stable/error-codes
 * - Vitess: go/mysql/sqlerror/sql_error.go of vitessio/vitess, for which numbers the codes of gRPC become
 */
import { SqlError } from "@effect/sql/SqlError"

export interface EngineError {
  readonly name: string
  readonly code: string
  readonly errno: number
  readonly sqlState?: string
  /** Of a COMMIT it says that nothing was stored. */
  readonly rolledBack?: boolean
}

export const ENGINE_ERRORS: ReadonlyArray<EngineError> = [
  { name: "a deadlock", code: "ER_LOCK_DEADLOCK", errno: 1213, sqlState: "40001", rolledBack: true },
  { name: "a lock wait", code: "ER_LOCK_WAIT_TIMEOUT", errno: 1205 },
  { name: "a conflict by its SQLSTATE alone", code: "", errno: 65_001, sqlState: "40001", rolledBack: true },
  { name: "Galera: the node is not in the cluster", code: "ER_UNKNOWN_COM_ERROR", errno: 1047 },
  { name: "TiDB: a conflict that can't be retried", code: "", errno: 8002, rolledBack: true },
  { name: "TiDB: the commit was rolled back", code: "", errno: 8022, rolledBack: true },
  { name: "TiDB: the schema has changed", code: "", errno: 8028, rolledBack: true },
  { name: "TiDB: a write conflict", code: "", errno: 9007, rolledBack: true },
  { name: "TiDB: TiKV is busy", code: "", errno: 9003 },
  { name: "Vitess: aborted", code: "ER_QUERY_INTERRUPTED", errno: 1317 },
  { name: "Vitess: no free connection", code: "ER_TOO_MANY_USER_CONNECTIONS", errno: 1203 },
  { name: "Vitess: throttled", code: "ER_OUT_OF_RESOURCES", errno: 1041 },
  {
    name: "target: ks.0.primary: vttablet: rpc error: code = Aborted desc = transaction 7 ended: exceeded timeout",
    code: "ER_UNKNOWN_ERROR",
    errno: 1105
  },
  {
    name: "target: ks.0.primary: vttablet: rpc error: code = Unavailable desc = connection refused",
    code: "ER_UNKNOWN_ERROR",
    errno: 1105
  },
  {
    name: "vttablet: rpc error: code = ResourceExhausted desc = transaction pool connection limit exceeded",
    code: "ER_UNKNOWN_ERROR",
    errno: 1105
  },
  {
    name: "operation not allowed in state NOT_SERVING (Code: CLUSTER_EVENT)",
    code: "ER_UNKNOWN_ERROR",
    errno: 1105
  },
  { name: "no healthy tablet available for 'ks.0.primary'", code: "ER_UNKNOWN_ERROR", errno: 1105 }
]

export const engineError = ({ code, errno, name, sqlState }: EngineError): SqlError =>
  new SqlError({
    cause: Object.assign(new Error(name), { code, errno, ...(sqlState === undefined ? {} : { sqlState }) }),
    message: "injected"
  })
