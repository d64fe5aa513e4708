#!/usr/bin/env bash
# Installs the system packages that lrnet-dist is built on, and checks the compiler.
#
#     launch/setup.sh            install what is missing (Debian, Ubuntu), then check
#     launch/setup.sh --check    only check
#
# On Debian and Ubuntu missing packages are installed with apt-get, through sudo unless root.
# Elsewhere nothing is installed; what is missing is named. Ends with 0 when all is there, else 66.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

check_only=false
case ${1-} in
-h | --help) show_help && exit 0 ;;
--check) check_only=true ;;
"") ;;
*) fail 64 "'$1' is no option (see --help)" ;;
esac

# Debian's package, and what proves that it is there: a pkg-config module or a command.
packages=(
    "pkg-config command:pkg-config"
    "libopenmpi-dev module:ompi-c"
    "openmpi-bin command:mpirun"
    "libopenblas-dev module:openblas"
    "libhdf5-dev module:hdf5"
    "zlib1g-dev module:zlib"
    "iproute2 command:ip"
    "libturbojpeg0-dev module:libturbojpeg"
    "libpng-dev module:libpng"
    "curl command:curl"
)

missing_packages() {
    local entry package proof
    for entry in "${packages[@]}"; do
        package=${entry%% *}
        proof=${entry#* }
        case $proof in
        command:*) command -v "${proof#command:}" >/dev/null || printf '%s\n' "$package" ;;
        module:*) pkg-config --exists "${proof#module:}" 2>/dev/null || printf '%s\n' "$package" ;;
        esac
    done
}

as_root() {
    if [[ $(id -u) -eq 0 ]]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail 66 "neither root nor sudo: have an administrator run: $*"
    fi
}

mapfile -t missing < <(missing_packages)
if ((${#missing[@]} > 0)) && ! $check_only && command -v apt-get >/dev/null; then
    say "installing ${missing[*]}"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "${missing[@]}"
    mapfile -t missing < <(missing_packages)
fi
if ((${#missing[@]} > 0)); then
    fail 66 "missing (Debian's names; a pkg-config file of each library is needed): ${missing[*]}"
fi

command -v swift >/dev/null || fail 66 "swift is missing: 6.2 or later, from https://swift.org/install"
version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
major=${version%%.*}
minor=${version#*.}
if [[ -z $version ]] || ((major < 6 || (major == 6 && minor < 2))); then
    fail 66 "swift ${version:-of unknown version} is too old: 6.2 or later is needed"
fi
say "set up: swift $version, $(mpirun --version | head -n 1), OpenBLAS $(pkg-config --modversion openblas), HDF5 $(pkg-config --modversion hdf5)"
