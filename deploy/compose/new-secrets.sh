#!/bin/sh
# Makes the secrets of docker-compose.yml, at random, in a new folder:
#
#   deploy/compose/new-secrets.sh ~/muster-secrets
#   echo "MUSTER_SECRETS=$HOME/muster-secrets" >> .env
#
# Before the first start: Postgres takes its passwords when its volume is new.
set -eu

folder=${1:?name the folder to make, as in: $0 ~/muster-secrets}
mkdir -m 0700 "$folder"

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

# The containers' users, who are not you, must be able to read the files; others on this
# machine are kept out by the folder.
umask 0022
for name in postgres muster temporal grafana; do
	random >"$folder/${name}_password"
done
printf 'postgres://muster:%s@postgres:5432/muster?sslmode=disable' "$(cat "$folder/muster_password")" >"$folder/database_url"
echo "Made $folder."
