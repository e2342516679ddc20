/**
 * Text that is told apart to the last space, as SQLite does: `utf8mb4_bin` takes "a" and "a " for the same, so a
 * device whose name ends with a space could not be registered beside the one without. MySQL and MariaDB call the
 * collation that does by different names.
 */
interface Altered {
  readonly table: string
  readonly columns: ReadonlyArray<readonly [name: string, type: string, nullable: boolean, comment: string]>
}

const TABLES: ReadonlyArray<Altered> = [
  {
    table: "sensors",
    columns: [["name", "VARCHAR(190)", true, "what a device without a number is known by"]]
  },
  {
    table: "sensor_versions",
    columns: [
      ["unit", "VARCHAR(64)", true, ""],
      ["type", "VARCHAR(190)", true, "what is measured"],
      ["description", "VARCHAR(1000)", true, ""]
    ]
  },
  {
    table: "catalogue_events",
    columns: [["subject", "VARCHAR(190)", false, "the name of the data set, or the term"]]
  }
]

const alter = ({ columns, table }: Altered, collation: string): string =>
  `ALTER TABLE ${table} ${columns
    .map(
      ([name, type, nullable, comment]) =>
        `MODIFY ${name} ${type} CHARACTER SET utf8mb4 COLLATE ${collation} ${nullable ? "NULL" : "NOT NULL"} COMMENT '${comment}'`
    )
    .join(", ")}`

export const exactText = TABLES.map((one) => ({
  name: `exact_text_${one.table}`,
  mysql: alter(one, "utf8mb4_0900_bin"),
  mariadb: alter(one, "utf8mb4_nopad_bin"),
  sqlite: "SELECT 1"
}))
