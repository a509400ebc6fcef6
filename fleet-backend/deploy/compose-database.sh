#!/usr/bin/env bash
# compose.yaml: makes accounts and database on the first server, as postgres.md says for a real one. Run once by the image of PostgreSQL.
set -euo pipefail
printf 'hostssl replication replicator 10.0.0.0/24 scram-sha-256\nhostssl depin depin 10.0.0.0/24 scram-sha-256\n' >>"$PGDATA/pg_hba.conf"
psql -qX -v ON_ERROR_STOP=1 -U postgres -v replicator="$(cat /try/replicator-password)" -v depin="$(cat /try/depin-password)" <<'SQL'
CREATE ROLE replicator LOGIN REPLICATION PASSWORD :'replicator';
CREATE ROLE depin LOGIN PASSWORD :'depin';
CREATE DATABASE depin OWNER depin ENCODING 'UTF8' TEMPLATE template0;
ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 (a, b)';
SQL
