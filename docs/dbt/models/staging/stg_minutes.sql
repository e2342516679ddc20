select
  id as minute_id,
  sensor_id,
  timestamp as minute_start,
  value as mean_value,
  min as min_value,
  max as max_value,
  count as readings,
  expected as expected_readings,
  completeness,
  unit,
  type as quantity,
  position
from {{ source('tidemark', 'aggregated_sensor_data') }}
