# Makes a Postgres cluster, starts it, says "ready", and waits for the end of standard
# input. A process closes its end of the pipe when it ends, however it ends; then the
# server is stopped and everything removed. When it does not start, its log is all that
# is said.
set -eu
bin=$1
dir=$2
cd "$dir"
finish() {
	"$bin/pg_ctl" --pgdata="$dir/data" --silent --mode=immediate stop >/dev/null 2>&1 || true
	cd /
	rm -rf "$dir"
}
trap finish EXIT
start() {
	"$bin/initdb" --pgdata=data --username=postgres --auth=trust --encoding=UTF8 --locale=C --no-sync --no-instructions >log 2>&1 &&
		cat settings >>data/postgresql.conf &&
		cp access data/pg_hba.conf &&
		"$bin/pg_ctl" --pgdata=data --silent --wait --timeout=60 --log=log start >>log 2>&1
}
if ! start; then
	cat log
	exit 1
fi
# Who started this may be gone by now, and nobody left to hear it.
(trap '' PIPE && echo ready) 2>/dev/null || true
cat >/dev/null
