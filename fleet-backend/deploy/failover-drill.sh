#!/usr/bin/env bash
# The drill of postgres.md on this machine: a primary and a synchronous standby of its own in a scratch folder, reached by sockets in it and by nothing
# else. Writes go on while the primary is killed; the standby takes over; no acknowledged commit may be missing. Exit code 0 only then.
set -euo pipefail

usage="failover-drill.sh [--seconds N (of writing before the kill, 5)] [--keep (leaves the scratch folder)]
Needs the programs of PostgreSQL 15 or newer (Debian: apt-get install postgresql); PGBIN names their folder where they are elsewhere."
seconds=5 keep=
while [ $# -gt 0 ]; do
  case "$1" in
    --seconds) seconds="${2:?$usage}"; shift 2 ;;
    --keep) keep=1; shift ;;
    *) echo "$usage" >&2; exit 2 ;;
  esac
done
[[ "$seconds" =~ ^[1-9][0-9]{0,3}$ ]] || { echo "--seconds is a number from 1 to 9999." >&2; exit 2; }

programs="${PGBIN:-$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)}"
[ -x "$programs/initdb" ] && [ -x "$programs/pg_rewind" ] || { echo "PostgreSQL is not installed here. $usage" >&2; exit 2; }

# The server refuses to run as root, so root lends it the account that the package made.
owner=()
if [ "$(id -u)" -eq 0 ]; then
  owner=(setpriv --reuid postgres --regid postgres --clear-groups)
fi

# Short, since a socket's path may have 107 bytes.
scratch="$(cd / && "${owner[@]}" mktemp -d /tmp/depin-drill.XXXXXX)"
cd "$scratch"
export PGPASSFILE="$scratch/no-passwords"
readonly writers=4 names='FIRST 1 (a, b)'

say() { printf '%s %s\n' "$(date +%H:%M:%S)" "$*"; }
fail() { say "DRILL FAILED: $*"; exit 1; }
run() { "${owner[@]}" "$programs/$1" "${@:2}"; }
sql() { run psql -qXAt -v ON_ERROR_STOP=1 -h "$scratch/$1" -U postgres -d postgres -c "$2"; }

# start NAME: both servers have the same settings but for their names and sockets.
start() {
  run pg_ctl -s -w -t 60 -D "$1/data" -l "$scratch/$1/log" -o "-k $scratch/$1 -c listen_addresses= -c cluster_name=$1" start || fail "server $1 did not start: $(tail -n 5 "$1/log")"
}

# kill_at_once NAME: the server and all that it runs, as a power cut would.
kill_at_once() {
  local server
  server="$(head -n 1 "$1/data/postmaster.pid")"
  # shellcheck disable=SC2046
  kill -9 "$server" $(ps -o pid= --ppid "$server") 2>/dev/null || true
  wait_for "server $1 is gone" not_running "$server"

  # Else the end of this script could stop whoever bears its number by then.
  rm -f "$1/data/postmaster.pid"
}

not_running() { ! kill -0 "$1" 2>/dev/null; }
is_sync() { [ "$(sql "$1" "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync' AND application_name = '$2'")" = 1 ]; }
waits_for_standby() { [ "$(sql "$1" "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")" -gt 0 ]; }
has_row() { [ "$(sql "$1" "SELECT count(*) FROM written WHERE writer = 0 AND number = $2" 2>/dev/null)" = 1 ]; }

# wait_for WHAT COMMAND...: until it succeeds, a minute at most.
wait_for() {
  local until=$((SECONDS + 60))
  until "${@:2}"; do
    [ "$SECONDS" -lt "$until" ] || fail "after a minute still not so: $1"
    sleep 0.05
  done
}

finish() {
  local code=$? name
  for name in a b; do
    [ ! -f "$name/data/postmaster.pid" ] || run pg_ctl -s -D "$name/data" -m immediate stop 2>/dev/null || true
  done
  wait 2>/dev/null || true
  cd /
  if [ -n "$keep" ]; then echo "Kept: $scratch"; else rm -rf "$scratch"; fi
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

# --- a is the primary, b its synchronous standby
"${owner[@]}" mkdir a b
run initdb -D a/data -U postgres --auth=trust --encoding=UTF8 --locale=C --data-checksums --no-instructions >/dev/null
printf "wal_keep_size = '1GB'\n" | "${owner[@]}" tee -a a/data/postgresql.conf >/dev/null
start a
sql a "CREATE ROLE replicator LOGIN REPLICATION"
sql a "CREATE TABLE written (writer integer, number integer, PRIMARY KEY (writer, number))"
sql a "ALTER SYSTEM SET synchronous_standby_names = '$names'"
sql a "SELECT pg_reload_conf()" >/dev/null
run pg_basebackup -D b/data -h "$scratch/a" -U replicator -R -c fast
start b
wait_for "b is the synchronous standby of a" is_sync a b
say "a is the primary, b its synchronous standby."

# --- the standby is away: commits wait, and go on when it is back
run pg_ctl -s -D b/data -m immediate stop
sql a "INSERT INTO written VALUES (0, 1)" & waiting=$!
wait_for "a commit waits for the standby" waits_for_standby a
say "b is stopped: a commit on a waits for it."
start b
wait "$waiting" || fail "the commit that waited was not made"
say "b is back: the commit was made."

# --- what psql echoes was acknowledged before
for writer in $(seq "$writers"); do
  { seq 10000000 | awk -v w="$writer" '{ printf "INSERT INTO written VALUES (%d, %d);\n\\echo %d %d\n", w, $1, w, $1 }' 2>/dev/null || true; } \
    | run psql -qX -v ON_ERROR_STOP=1 -h "$scratch/a" -U postgres -d postgres >"acknowledged.$writer" 2>"problem.$writer" &
done
sleep "$seconds"
kill_at_once a
killed="$(date +%s%N)"
say "a was killed while $writers wrote."

# --- a is fenced (nothing starts it here); b takes over
run pg_ctl -s -w -D b/data promote
[ "$(sql b "SELECT pg_is_in_recovery()")" = f ] || fail "b is no primary"
sql b "INSERT INTO written VALUES (0, 2)" & waiting=$!
wait_for "a commit on the new primary waits for a standby that is gone" waits_for_standby b
say "b is the primary, and waits for a standby that is gone: synchronous_standby_names came along."
sql b "ALTER SYSTEM RESET synchronous_standby_names"
sql b "SELECT pg_reload_conf()" >/dev/null
wait "$waiting" || fail "the commit on b was not made"
outage=$(($(date +%s%N) / 1000000 - killed / 1000000))
say "synchronous_standby_names is reset: b commits, ${outage} ms after the kill."

# --- nothing that was acknowledged may be missing
wait_for "the writers have ended" eval '[ "$(jobs -rp | wc -l)" -eq 0 ]'
sql b "SELECT writer || ' ' || number FROM written WHERE writer > 0" | LC_ALL=C sort >stored
cat acknowledged.* | LC_ALL=C sort >acknowledged
count="$(wc -l <acknowledged)" missing="$(LC_ALL=C comm -23 acknowledged stored | wc -l)" beyond="$(LC_ALL=C comm -13 acknowledged stored | wc -l)"
[ "$count" -gt 0 ] || fail "nothing was acknowledged before the kill: $(cat problem.1)"
[ "$missing" -eq 0 ] || fail "$missing of $count acknowledged commits are missing on b"
say "$count commits were acknowledged, none is missing; $beyond more were stored whose answer the kill cut off."

# --- the old primary comes back by mistake: it acknowledges nothing, and what it took is thrown away
start a
sql a "INSERT INTO written VALUES (0, 3)" 2>/dev/null & waiting=$!
wait_for "a commit on the old primary waits" waits_for_standby a
say "a was started by mistake: with synchronous_standby_names still set it waits, and acknowledges nothing."
kill_at_once a
if wait "$waiting"; then fail "the old primary acknowledged a commit"; fi

# Until its first checkpoint the new primary's control file names the old timeline, and pg_rewind 15 finds nothing to do.
sql b "CHECKPOINT"
run pg_rewind -D a/data --source-server="host=$scratch/b user=postgres dbname=postgres" -R >rewind.log 2>&1 || fail "pg_rewind: $(tail -n 3 rewind.log)"
start a
sql b "ALTER SYSTEM SET synchronous_standby_names = '$names'"
sql b "SELECT pg_reload_conf()" >/dev/null
wait_for "a is the synchronous standby of b" is_sync b a
sql b "INSERT INTO written VALUES (0, 4)"
wait_for "a has what b commits" has_row a 4
if has_row a 3; then fail "a kept what it took while b was the primary"; fi
say "a follows b, rewound: the roles are exchanged, and commits are on both again."
say "DRILL PASSED: $count acknowledged, 0 missing; a standby's takeover took ${outage} ms by command."
