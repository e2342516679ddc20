/**
 * The words and functions of SQL that the program may send: a list for each engine, from its documents. Whoever needs
 * another one looks it up there, and adds it to each list that has it; one that an engine lacks stays out.
 */
import type { Vocabulary } from "./lexer.js"

const words = (text: string): ReadonlyArray<string> => text.trim().split(/\s+/)

/** Statements and clauses that all three documents have. */
const STATEMENTS = words(`
  SELECT FROM WHERE AND OR NOT IN IS NULL AS CASE WHEN THEN ELSE END BETWEEN EXISTS DISTINCT ALL DUAL
  JOIN LEFT CROSS ON UNION GROUP ORDER BY ASC DESC LIMIT OFFSET FORCE INDEX FOR UPDATE DIV INTERVAL
  INSERT INTO VALUES DUPLICATE KEY SET REPLACE DELETE
  START TRANSACTION WITH CONSISTENT SNAPSHOT COMMIT ROLLBACK SESSION ISOLATION LEVEL READ COMMITTED REPEATABLE
  SHOW GLOBAL VARIABLES
  CREATE TABLE VIEW IF PRIMARY UNIQUE DEFAULT COMMENT ENGINE CHARSET CHARACTER COLLATE ALTER ADD COLUMN MODIFY`)

const TYPES = words(
  "BIGINT INT SIGNED DOUBLE TEXT MEDIUMTEXT MEDIUMBLOB JSON BINARY TIMESTAMP MICROSECOND MINUTE MONTH YEAR"
)

/** Types with a length, which look like calls. */
const SIZED_TYPES = words("VARCHAR CHAR BINARY DATETIME")

/** A correction's history. Of Vitess it is experimental, as its page on compatibility says. */
const RECURSIVE = words("RECURSIVE")

const FUNCTIONS = words(`
  COUNT SUM MIN MAX COALESCE NULLIF CAST VALUES
  ABS MOD TRUNCATE ROUND
  CHAR_LENGTH CONCAT HEX INSTR LOWER REPEAT REPLACE RIGHT SUBSTR TRIM UNHEX
  DATE YEAR MONTH DAY HOUR MINUTE SECOND DATE_FORMAT EXTRACT TIMESTAMPDIFF
  JSON_EXTRACT JSON_UNQUOTE TIMESTAMPADD UTC_TIMESTAMP
  DATABASE VERSION`)

const vocabulary = (
  own: ReadonlyArray<string>,
  functions: ReadonlyArray<string>,
  refused: ReadonlyArray<string>
): Vocabulary & { readonly refused: ReadonlyArray<string> } => ({
  words: new Set([...STATEMENTS, ...TYPES, ...own]),
  calls: new Set([...SIZED_TYPES, ...functions]),
  refused
})

export const ENGINES = {
  /**
   * Words: https://docs.pingcap.com/tidb/stable/keywords. Functions: the pages of functions-and-operators there (string,
   * numeric, date and time: "all of MySQL 8.0", control flow, information, aggregate). Refused: mysql-compatibility, and
   * error 8130 for several statements; positions can't come from AUTO_INCREMENT, which does not rise over several servers.
   */
  TiDB: vocabulary(
    RECURSIVE,
    FUNCTIONS,
    words(
      "JSON_TABLE LATERAL SKIP LOCKED FULLTEXT CALL TRIGGER XA HANDLER AUTO_INCREMENT GET_LOCK RELEASE_LOCK ONLY"
    )
  ),
  /**
   * Words: go/vt/sqlparser/keywords.go of vitessio/vitess, those that are not UNUSED; transactions and what is refused:
   * https://vitess.io/docs/21.0/reference/compatibility/mysql-compatibility/. JSON_TABLE: vitessio/vitess#5410.
   */
  Vitess: vocabulary(
    RECURSIVE,
    FUNCTIONS,
    words(
      "JSON_TABLE GET_LOCK RELEASE_LOCK OVER WINDOW CALL TEMPORARY OUTFILE AUTO_INCREMENT STRAIGHT_JOIN LAST_INSERT_ID"
    )
  ),
  /**
   * Words: https://mariadb.com/kb/en/reserved-words/. Refused:
   * https://mariadb.com/docs/galera-cluster/reference/mariadb-galera-cluster-known-limitations; JSON_TABLE and
   * STRAIGHT_JOIN would pass, and stay out for the others.
   */
  Galera: vocabulary(
    RECURSIVE,
    FUNCTIONS,
    words(
      "GET_LOCK RELEASE_LOCK IS_FREE_LOCK LOCK UNLOCK FLUSH XA MYISAM AUTO_INCREMENT JSON_TABLE STRAIGHT_JOIN"
    )
  )
}

/** What tells SQL from other texts of the sources: words that nobody shouts otherwise. */
export const SQL_WORDS: ReadonlySet<string> = new Set([
  ...words(
    "SELECT FROM WHERE INSERT UPDATE DELETE JOIN SET VALUES CREATE ALTER ORDER LIMIT FORCE INTERVAL CASE DIV"
  ),
  ...words("BETWEEN UNION ROLLBACK START DESC ASC NULL COALESCE STRAIGHT_JOIN JSON_TABLE COMMIT REPLACE")
])
