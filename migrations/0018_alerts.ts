/**
 * Alerts as they went, and the outbox of what is told of them: a change of an alert and its notices are stored in one
 * transaction, so that a restart tells nothing twice and forgets nothing.
 */
const TABLE = "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"
const CODE = "CHARACTER SET ascii COLLATE ascii_bin"

export const alerts = [
  {
    name: "alerts",
    mysql: `CREATE TABLE IF NOT EXISTS alerts (
      id CHAR(32) ${CODE} NOT NULL PRIMARY KEY COMMENT 'hash of rule, target and when it began',
      rule VARCHAR(64) ${CODE} NOT NULL COMMENT 'name of the rule',
      target VARCHAR(190) NOT NULL COMMENT 'the device, the sensor, or all of this installation',
      kind VARCHAR(16) ${CODE} NOT NULL COMMENT 'what the rule watches',
      severity VARCHAR(16) ${CODE} NOT NULL,
      phase VARCHAR(16) ${CODE} NOT NULL COMMENT 'pending, firing or resolved',
      since DATETIME(6) NOT NULL COMMENT 'when the phase began, UTC',
      well_since DATETIME(6) NULL COMMENT 'since when it is well again; null: it is not',
      raised_at DATETIME(6) NULL COMMENT 'when it was raised; null: it is pending',
      resolved_at DATETIME(6) NULL COMMENT 'when it was over',
      sensors MEDIUMTEXT NOT NULL COMMENT 'JSON: numbers of the sensors that are the cause',
      summary TEXT NOT NULL COMMENT 'in words',
      told INT NOT NULL COMMENT '1: there are notices of it; 0: it is pending, or silenced',
      acknowledged_at DATETIME(6) NULL,
      acknowledged_by VARCHAR(190) NULL COMMENT 'the name of the key that did it',
      note VARCHAR(500) NULL COMMENT 'what whoever acknowledged it said',
      KEY alerts_phase (phase, since),
      KEY alerts_raised (raised_at)
    ) ${TABLE} COMMENT='what the rules of alerts found, from pending to resolved'`,
    sqlite: `CREATE TABLE IF NOT EXISTS alerts (
      id TEXT NOT NULL PRIMARY KEY,
      rule TEXT NOT NULL,
      target TEXT NOT NULL,
      kind TEXT NOT NULL,
      severity TEXT NOT NULL,
      phase TEXT NOT NULL,
      since TEXT NOT NULL,
      well_since TEXT NULL,
      raised_at TEXT NULL,
      resolved_at TEXT NULL,
      sensors TEXT NOT NULL,
      summary TEXT NOT NULL,
      told INTEGER NOT NULL,
      acknowledged_at TEXT NULL,
      acknowledged_by TEXT NULL,
      note TEXT NULL
    )`
  },
  {
    name: "alerts_phase",
    mysql: "SELECT 1",
    sqlite: "CREATE INDEX IF NOT EXISTS alerts_phase ON alerts (phase, since)"
  },
  {
    name: "alerts_raised",
    mysql: "SELECT 1",
    sqlite: "CREATE INDEX IF NOT EXISTS alerts_raised ON alerts (raised_at)"
  },
  {
    name: "alert_notices",
    mysql: `CREATE TABLE IF NOT EXISTS alert_notices (
      id VARCHAR(64) ${CODE} NOT NULL PRIMARY KEY COMMENT 'of the alert, what happened and the channel: the same over retries',
      alert_id CHAR(32) ${CODE} NOT NULL,
      channel VARCHAR(16) ${CODE} NOT NULL COMMENT 'webhook, email or mqtt',
      thread CHAR(32) ${CODE} NOT NULL COMMENT 'hash of rule and target: of one thread notices go in order',
      state VARCHAR(16) ${CODE} NOT NULL COMMENT 'waiting, sent or dead',
      created_at DATETIME(6) NOT NULL COMMENT 'UTC',
      next_at DATETIME(6) NOT NULL COMMENT 'not sent before; while it is being sent, when another may try',
      attempts INT NOT NULL COMMENT 'how often it failed',
      last_error VARCHAR(500) NULL,
      sent_at DATETIME(6) NULL,
      body MEDIUMTEXT NOT NULL COMMENT 'JSON: what is sent',
      KEY alert_notices_due (channel, state, next_at),
      KEY alert_notices_thread (thread, channel, state),
      KEY alert_notices_created (created_at)
    ) ${TABLE} COMMENT='the outbox: what is to be told of alerts, and what was'`,
    sqlite: `CREATE TABLE IF NOT EXISTS alert_notices (
      id TEXT NOT NULL PRIMARY KEY,
      alert_id TEXT NOT NULL,
      channel TEXT NOT NULL,
      thread TEXT NOT NULL,
      state TEXT NOT NULL,
      created_at TEXT NOT NULL,
      next_at TEXT NOT NULL,
      attempts INTEGER NOT NULL,
      last_error TEXT NULL,
      sent_at TEXT NULL,
      body TEXT NOT NULL
    )`
  },
  {
    name: "alert_notices_due",
    mysql: "SELECT 1",
    sqlite: "CREATE INDEX IF NOT EXISTS alert_notices_due ON alert_notices (channel, state, next_at)"
  },
  {
    name: "alert_notices_thread",
    mysql: "SELECT 1",
    sqlite: "CREATE INDEX IF NOT EXISTS alert_notices_thread ON alert_notices (thread, channel, state)"
  },
  {
    name: "alert_notices_created",
    mysql: "SELECT 1",
    sqlite: "CREATE INDEX IF NOT EXISTS alert_notices_created ON alert_notices (created_at)"
  },
  {
    // Locked by whoever changes alerts, so that of several processes one does.
    name: "checkpoints_alerts",
    mysql: `INSERT INTO checkpoints (projection, position, generation)
      SELECT 'alerts', 0, 1 FROM DUAL
      WHERE NOT EXISTS (SELECT 1 FROM checkpoints WHERE projection = 'alerts')`,
    sqlite: `INSERT INTO checkpoints (projection, position, generation)
      SELECT 'alerts', 0, 1 WHERE NOT EXISTS (SELECT 1 FROM checkpoints WHERE projection = 'alerts')`
  }
] as const
