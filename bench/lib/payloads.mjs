// What the publishers send: a topic and a payload of connection `c`, its message `n`, from a time on. What a kind gives
// is the same each time, so that a bench knows how many rows must be stored.

const MINUTE = 60_000
/** Of each connection. With the devices' metrics no more than may be new in a minute. */
const SENSORS = 10
const DEVICES = 5

const two = (number) => String(number).padStart(2, "0")
const three = (number) => String(number).padStart(3, "0")

/** The micros keep sensors of one time apart, and late readings from all others. */
const timeText = (millis, micros) => `${new Date(millis).toISOString().slice(0, 23)}${three(micros)}Z`

const reading = (c, n, from, micros = 0) => {
  const sensor = c * SENSORS + (n % SENSORS) + 1
  return {
    topic: `sensors/${sensor}`,
    payload: JSON.stringify({
      sensor_id: String(sensor),
      timestamp: timeText(from + n, micros),
      value: 20 + (n % 1_000) / 100,
      metadata: {
        location: { lat: 10, lng: 10 },
        unit: "C",
        type: "temperature",
        description: "Main Entrance"
      }
    })
  }
}

/** Seven metrics of one device at one time. */
const metrics = (c, n, from) => {
  const device = `bench-${two(c)}-${n % DEVICES}`
  const wave = (n % 1_000) / 100
  return {
    topic: `sensors/${device}`,
    payload: JSON.stringify({
      device,
      timestamp: timeText(from + n, 0),
      temperature: 20 + wave,
      humidity: 40 + wave,
      pressure: 1_000 + wave,
      co2: 400 + wave,
      battery: 3 + wave / 100,
      rssi: -60 - wave,
      illuminance: 200 + wave
    })
  }
}

/** One in so many, the last. */
const isLast = (n, of) => n % of === of - 1

const rejected = (c, n, from) => {
  if (!isLast(n, 100)) return reading(c, n, from)
  return {
    topic: `sensors/${c * SENSORS + 1}`,
    payload: `{"sensor_id": ${c + 1}, "timestamp": "never", "value": ${n}}`
  }
}

/** What was stored a while ago, or is in the same batch. */
const repeats = (c, n, from) => reading(c, isLast(n, 10) ? n - (n < 1_003 ? 7 : 1_003) : n, from)

/** Each late reading is of one of the 60 minutes before. */
const late = (c, n, from) => {
  if (!isLast(n, 10)) return reading(c, n, from)
  return reading(c, n, from - (1 + (Math.floor(n / 10) % 60)) * MINUTE, 1)
}

/** By kind: the message, and how many rows so many messages of one connection are. */
export const KINDS = {
  reading: { message: reading, rows: (count) => count },
  metrics: { message: metrics, rows: (count) => count * 7 },
  rejected: { message: rejected, rows: (count) => count - Math.floor(count / 100) },
  repeats: { message: repeats, rows: (count) => count - Math.floor(count / 10) },
  late: { message: late, rows: (count) => count }
}
