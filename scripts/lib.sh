# Set-up that the other scripts share. Source it from the repository's root, then call `setup [EXTRA...]`.
# It makes .venv and installs the package there; when nothing that matters has changed it does nothing at all.

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

ENSUREPIP='import ensurepip'
ANY='pass'

# The first Python from 3.11 on that can also do what $1 says; 3.11 to 3.13 are tested and come first.
find_python() {
  local limit candidate
  for limit in 14 99; do
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python; do
      if "$candidate" -c "import sys; assert (3, 11) <= sys.version_info < (3, $limit); $1" 2>/dev/null; then
        printf '%s\n' "$candidate"
        return 0
      fi
    done
  done
  return 1
}

# Debian keeps venv's pip in a package of its own, which may be missing.
make_environment() {
  local python
  if python=$(find_python "$ENSUREPIP"); then
    "$python" -m venv --clear .venv
  elif python=$(find_python 'import pip'); then
    "$python" -m venv --clear --without-pip .venv
    "$python" -m pip --quiet --python .venv/bin/python install pip
  elif python=$(find_python "$ANY"); then
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null ||
      die "$python has no ensurepip, which makes .venv. Run: sudo apt-get install python3-venv, then this again."
    say "$python has no ensurepip: installing python3-venv with apt-get"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >&2 ||
      die "apt-get could not install python3-venv; install it by hand, then run this again."
    "$python" -m venv --clear .venv
  else
    die "No Python from 3.11 to 3.13 here. Run: sudo apt-get install python3 python3-venv (Debian 12 or newer)," \
      "or name one: PYTHON=/path/to/python3 $0"
  fi
}

# What the environment was made from: the pins, the package's settings, the place.
fingerprint() {
  { pwd; cat pyproject.toml constraints.txt; } | cksum | cut -d' ' -f1
}

# setup [EXTRA...]: .venv with the package, editable, and its extras, at the versions of constraints.txt.
setup() {
  local stamp extras wanted missing= unfinished=.venv/inlay-unfinished
  stamp=.venv/inlay-$(fingerprint)
  for wanted in installed "$@"; do
    grep -qsx "$wanted" "$stamp" || missing=yes
  done
  [ -n "$missing" ] || { [ ! -e "$unfinished" ] && .venv/bin/python -c 'import inlay' 2>/dev/null; } || missing=yes
  [ -n "$missing" ] || return 0
  [ -w . ] || die "$PWD may not be written to, and .venv is to lie there; clone the repository as yourself."
  # Begun anew: what a killed pip left behind, which pip itself takes for whole; what was made in another place,
  # which its scripts still name; what another Python made.
  if [ -e "$unfinished" ] || ! grep -qsF "$(pwd -P)/.venv" .venv/bin/activate ||
    ! .venv/bin/python -c 'import pip, sys; assert sys.version_info >= (3, 11)' 2>/dev/null; then
    say 'making .venv'
    make_environment
  fi
  extras=$(IFS=,; printf '%s' "$*")
  say "installing inlay${extras:+ with the extras $extras} into .venv (minutes, the first time only)"
  touch "$unfinished"
  # On a terminal pip shows how far it is.
  .venv/bin/python -m pip install $([ -t 2 ] || echo -qq) --disable-pip-version-check -c constraints.txt -e ".${extras:+[$extras]}" ||
    { rm -f "$unfinished"; die 'pip could not install the package: what it said stands above. Mend that, then run this again.'; }
  find .venv -maxdepth 1 -name 'inlay-*' ! -path "$stamp" -delete
  printf '%s\n' installed "$@" >>"$stamp"
}

# Debian's Chromium for the tests of the page, where it is missing and may be installed; else they are skipped.
browser() {
  if command -v chromium >/dev/null || command -v chromium-browser >/dev/null; then return 0; fi
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    say 'no Chromium here: the tests of the page are skipped (Debian: sudo apt-get install chromium)'
    return 0
  fi
  say 'installing Chromium with apt-get, for the tests of the page'
  { timeout 60 apt-get update -qq && DEBIAN_FRONTEND=noninteractive timeout 240 apt-get install -y -qq chromium; } >&2 ||
    say 'apt-get could not install Chromium: the tests of the page are skipped'
}
