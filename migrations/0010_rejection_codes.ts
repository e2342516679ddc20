/** Why a message was rejected, as codes: beside the same in words. Older rows have the words alone. */
export const rejectionCodes = [
  {
    name: "rejected_messages_faults",
    adds: { table: "rejected_messages", column: "faults" },
    mysql: `ALTER TABLE rejected_messages
      ADD COLUMN faults MEDIUMTEXT NULL COMMENT 'what is wrong, one by one: code, field and detail, as JSON'`,
    sqlite: "ALTER TABLE rejected_messages ADD COLUMN faults TEXT NULL"
  }
] as const
