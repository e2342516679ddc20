/** The counts of an hour by parts of ten minutes, for windows that begin within it. Older rows have the hour's alone. */
export const qualityParts = [
  {
    name: "quality_hours_parts",
    adds: { table: "quality_hours", column: "parts" },
    mysql: `ALTER TABLE quality_hours
      ADD COLUMN parts MEDIUMTEXT NULL COMMENT 'JSON: the same by ten minutes each; null: of few readings, or of an earlier version'`,
    sqlite: "ALTER TABLE quality_hours ADD COLUMN parts TEXT NULL"
  }
] as const
