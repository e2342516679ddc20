select
  id as sensor_id,
  name as sensor_name,
  status,
  case when status = 'active' then 1 else 0 end as is_active,
  coalesce(interval_ms, estimated_interval_ms) as interval_ms
from {{ source('tidemark', 'sensors') }}
