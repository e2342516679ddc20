-- A user that can read Tidemark's public views and tables, and nothing else. MySQL 8.0+ and MariaDB 10.6+.
-- Run it as an administrator, once Tidemark has been started on the database:
--
--   mysql -u root -p < read-only-user.sql
--
-- Change three things before: the password; the database, where it is not `tidemark`; and the host that the user may
-- come from, where '%' (any) is too much. Add REQUIRE SSL behind the password where the network is not yours.
--
-- The views read with the rights of who made them, so the user needs no rights on the tables below them, and those
-- stay unseen. Do not drop Tidemark's own user: the views would go blind.

CREATE USER 'tidemark_reader'@'%' IDENTIFIED BY 'change this password' WITH MAX_USER_CONNECTIONS 20;

GRANT SELECT ON `tidemark`.`sensor_data` TO 'tidemark_reader'@'%';
GRANT SELECT ON `tidemark`.`aggregated_sensor_data` TO 'tidemark_reader'@'%';
GRANT SELECT ON `tidemark`.`aggregates_1h` TO 'tidemark_reader'@'%';
GRANT SELECT ON `tidemark`.`aggregates_1d` TO 'tidemark_reader'@'%';
GRANT SELECT ON `tidemark`.`sensors` TO 'tidemark_reader'@'%';
GRANT SELECT ON `tidemark`.`annotations` TO 'tidemark_reader'@'%';
GRANT SELECT ON `tidemark`.`metadata` TO 'tidemark_reader'@'%';

-- To take it back: DROP USER 'tidemark_reader'@'%';
