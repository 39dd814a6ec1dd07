#!/bin/bash
# Run by the Postgres image when it begins with an empty volume: roles and databases for
# Muster and for Temporal. Each owns its databases and may do nothing in the other's.
set -euo pipefail

psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
	--set muster_password="$(cat /run/secrets/muster_password)" \
	--set temporal_password="$(cat /run/secrets/temporal_password)" <<'SQL'
CREATE ROLE muster LOGIN PASSWORD :'muster_password';
CREATE DATABASE muster OWNER muster;
REVOKE ALL ON DATABASE muster FROM PUBLIC;

CREATE ROLE temporal LOGIN PASSWORD :'temporal_password';
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
REVOKE ALL ON DATABASE temporal, temporal_visibility FROM PUBLIC;
SQL
