# Brings the schema of Temporal's two databases up to date, with the tool of the same
# release. May be run again at any time; run it before a newer Temporal server starts.
set -eu

SQL_PASSWORD="$(cat /run/secrets/temporal_password)"
export SQL_PASSWORD

# Each pair: the database, and where its schema lies in the image.
for pair in temporal:temporal temporal_visibility:visibility; do
	SQL_DATABASE="${pair%:*}"
	export SQL_DATABASE
	temporal-sql-tool setup-schema --version 0.0
	temporal-sql-tool update-schema --schema-dir "/etc/temporal/schema/postgresql/v12/${pair#*:}/versioned"
done
