# shellcheck shell=bash
# A PostgreSQL server on a host of the stage. Needs stage.sh.
#
#   postgresql_add HOST            makes the host, a cluster on it with an empty database `innernet`, and starts it; everybody on the bridge may come in
#   postgresql_install HOST        the same on a host that is there
#   postgresql_start HOST          starts it again, and waits until it answers
#   postgresql_kill HOST           ends it as a power cut would
#   database_url HOST              prints the URL of the database
#   sql HOST STATEMENT             runs SQL there, prints rows

postgresql_programs() { # prints the folder of the newest ones
  local newest
  newest=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
  [ -x "$newest/initdb" ] || { echo 'PostgreSQL is not installed (package postgresql)' >&2; return 1; }
  printf '%s' "$newest"
}

as_postgres() { # HOST COMMAND...: which refuses to be run by root
  on "$1" setpriv --reuid postgres --regid postgres --clear-groups env HOME=/tmp "${@:2}"
}

database_url() { printf 'postgresql://postgres@%s:5432/innernet' "$(outside "$1")"; }

postgresql_add() { # HOST
  host_add "$1"
  postgresql_install "$1"
}

postgresql_install() { # HOST
  local programs data=/run/postgresql-data
  programs=$(postgresql_programs)
  on "$1" install -d -o postgres -g postgres "$data"
  as_postgres "$1" "$programs/initdb" -D "$data" --no-sync --auth trust --username postgres -E UTF8 --no-locale >/dev/null
  on "$1" sh -c "echo 'host all all 198.51.100.0/24 trust' >>$data/pg_hba.conf"
  postgresql_start "$1"
  sql "$1" 'CREATE DATABASE innernet' postgres
}

postgresql_start() { # HOST
  local programs
  programs=$(postgresql_programs)
  # The first process of the host ends it with the host.
  start "$1" postgresql setpriv --reuid postgres --regid postgres --clear-groups "$programs/postgres" -D /run/postgresql-data -k /run/postgresql-data \
    -c listen_addresses="127.0.0.1,$(outside "$1")" -c fsync=off -c shared_buffers=16MB -c max_connections=40
  eventually 30 sql "$1" 'SELECT 1' postgres >/dev/null
}

postgresql_kill() { # HOST
  # Its children end when they see that it is gone.
  stop "$1" postgresql KILL || :
  # shellcheck disable=SC2317 # called by eventually
  free() { [ -z "$(on "$1" ss -Hltn 'sport = :5432')" ] && not sql "$1" 'SELECT 1' postgres >/dev/null; }
  eventually 30 free "$1"
  on "$1" rm -f /run/postgresql-data/postmaster.pid
}

sql() { # HOST STATEMENT [DATABASE]
  on "$1" psql -qAtX -h 127.0.0.1 -U postgres -d "${3:-innernet}" -c "$2" 2>/dev/null </dev/null
}
