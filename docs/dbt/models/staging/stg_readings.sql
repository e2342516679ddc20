select
  id as reading_id,
  sensor_id,
  timestamp as measured_at,
  value,
  unit,
  type as quantity,
  time_source,
  recorded_at,
  position
from {{ source('tidemark', 'sensor_data') }}
