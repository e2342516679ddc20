// The table that somebody makes who begins: a row a reading, whatever comes.
export const TABLE = `CREATE TABLE IF NOT EXISTS readings (id BIGINT AUTO_INCREMENT PRIMARY KEY, sensor_id INT NOT NULL,
  timestamp DATETIME(6) NOT NULL, value DOUBLE NOT NULL, lat DOUBLE, lng DOUBLE, unit VARCHAR(32), type VARCHAR(64),
  description VARCHAR(255))`
export const INSERT = `INSERT INTO readings (sensor_id, timestamp, value, lat, lng, unit, type, description)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`

export const cellsOf = (payload) => {
  const { metadata, sensor_id, timestamp, value } = JSON.parse(payload.toString())
  const { description, location, type, unit } = metadata
  return [
    Number(sensor_id),
    timestamp.slice(0, 26),
    value,
    location.lat,
    location.lng,
    unit,
    type,
    description
  ]
}
