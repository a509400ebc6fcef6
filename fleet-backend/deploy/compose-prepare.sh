#!/usr/bin/env bash
# compose.yaml: makes certificates and passwords for a try in the folder given. Nothing of it is for a real site.
set -euo pipefail
umask 077
mkdir -p "${1:?compose-prepare.sh FOLDER}/database" "$1/certs"
cd "$1"
[ ! -e certs/site.pem ] || { echo "$PWD holds certificates and passwords already." >&2; exit 2; }

# certificate NAMES FILE: self-signed; who holds it as a root believes the server.
certificate() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 -subj "/CN=try" -addext "subjectAltName=$1" -keyout "$2.key" -out "$2.pem" 2>/dev/null
}

certificate DNS:localhost site
cat site.pem site.key >certs/site.pem
rm site.pem site.key
certificate DNS:db-a.example.org,DNS:db-b.example.org database/db
for name in postgres replicator depin; do
  openssl rand -hex 24 >"database/$name-password"
done
printf '%s:5432:*:replicator:%s\n' db-a.example.org "$(cat database/replicator-password)" db-b.example.org "$(cat database/replicator-password)" >database/pgpass
printf '%s:5432:*:depin:%s\n' db-a.example.org "$(cat database/depin-password)" db-b.example.org "$(cat database/depin-password)" >>database/pgpass

# Read in containers by accounts of other numbers; the folder above stays closed.
chmod 755 database
chmod 644 database/*
echo "Certificates and passwords are in $PWD."
