# Shared by run, test and depin: finds what is missing and builds. Sourced, never run.
# Everything here speaks on stderr, so that stdout stays free for what a command prints.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
configuration=Release
export DOTNET_CLI_UI_LANGUAGE=en DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
# Packages and the SDK's own notes go to the home folder; without one that can be written, below the checkout.
if [ -z "${HOME:-}" ] || ! mkdir -p "$HOME" 2>/dev/null || [ ! -w "$HOME" ]; then
  export HOME="$root/artifacts/home"
  mkdir -p "$HOME"
fi
export DOTNET_CLI_HOME="${DOTNET_CLI_HOME:-$HOME}"

say() { printf '%s\n' "$*" >&2; }

need_sdk() {
  if ! command -v dotnet >/dev/null && [ -x "$DOTNET_CLI_HOME/.dotnet/dotnet" ]; then
    export DOTNET_ROOT="$DOTNET_CLI_HOME/.dotnet" PATH="$DOTNET_CLI_HOME/.dotnet:$PATH"
  fi
  # dotnet itself reads global.json and fails where no installed SDK fits.
  if ! command -v dotnet >/dev/null || ! (cd "$root" && dotnet --version >/dev/null 2>&1); then
    say "The .NET SDK 10 is missing. Install it from https://dotnet.microsoft.com/download/dotnet/10.0 (or your system's package dotnet-sdk-10.0), then run this again."
    exit 2
  fi
}

# need_packages WHY PACKAGE...: installs what is missing of Debian's packages, or says how.
need_packages() {
  local why="$1" missing=() package
  shift
  if ! command -v dpkg >/dev/null; then
    say "This is no Debian system: make sure that you have the equivalents of $* ($why)."
    return
  fi
  for package in "$@"; do
    dpkg -s "$package" 2>/dev/null | grep -q '^Status: install ok installed' || missing+=("$package")
  done
  if [ "${#missing[@]}" -eq 0 ]; then
    return
  fi
  if [ "$(id -u)" -ne 0 ]; then
    say "Missing: ${missing[*]} ($why). Install with: sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}"
    exit 2
  fi
  say "Installing ${missing[*]} ($why)."
  if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$(log_file apt)" 2>&1; then
    tail -n 20 "$(log_file apt)" >&2
    say "The packages could not be installed; the lines above say why. Nothing else was changed."
    exit 2
  fi
}

log_file() {
  mkdir -p "$root/artifacts"
  printf '%s/artifacts/%s.log' "$root" "$1"
}

# npm fetches what the pages load, as fleet-backend/package-lock.json says; whichever npm is there will do.
need_npm() {
  if ! command -v npm >/dev/null; then
    need_packages "npm fetches the map, the scanner and the plots of the pages, as locked, when they are built" nodejs npm
    if ! command -v npm >/dev/null; then
      say "npm is missing: install Node.js 18 or later with npm, then run this again."
      exit 2
    fi
  fi
}

# build PROJECT [OPTION...]: restores exactly what the lock files say, builds, and prints problems only.
build() {
  local project="$1" log
  shift
  need_npm
  log="$(log_file build)"
  if ! dotnet restore "$root/$project" --locked-mode -v q -nologo >"$log" 2>&1; then
    cat "$log" >&2
    say "The packages of $project could not be restored as locked; the lines above say why."
    exit 1
  fi
  if ! dotnet build "$root/$project" -c "$configuration" --no-restore -v q -nologo -clp:NoSummary "$@" >"$log" 2>&1; then
    sort -u "$log" >&2
    say "$project does not build; the lines above say why."
    exit 1
  fi
}

# What the command line is built from, one name a line.
sources() {
  (cd "$root" && find shared-contracts firmware fleet-backend tools hardware \( -name bin -o -name obj -o -name node_modules \) -prune -o -type f -print
    cd "$root" && ls Directory.Build.props Directory.Packages.props global.json) | sort
}

# Whether nothing came, went or changed since the last build.
is_built() {
  local stamp="$1" list="$2" source
  [ -f "$stamp" ] && [ -f "$depin" ] && [ "$(cat "$stamp")" = "$list" ] || return 1
  while IFS= read -r source; do
    [ ! "$root/$source" -nt "$stamp" ] || return 1
  done <<<"$list"
}

# Builds tools and backend, when needed. One at a time: who comes while another builds waits for it, and finds it done. What the build leaves running
# must not hold the lock, so it does not get it.
build_tools() (
  stamp="$root/artifacts/built"
  list="$(sources)"
  if is_built "$stamp" "$list"; then
    return
  fi
  mkdir -p "$root/artifacts"
  exec 9>"$root/artifacts/building"
  if command -v flock >/dev/null && ! flock --nonblock 9; then
    say "Another command builds; waiting for it ..."
    flock 9
  fi
  if ! is_built "$stamp" "$list"; then
    say "Building (the first time takes a minute or two) ..."
    printf '%s' "$list" >"$stamp.new"
    build tools/Depin.csproj 9>&-
    mv "$stamp.new" "$stamp"
  fi
)

depin="$root/tools/bin/$configuration/net10.0/depin.dll"
