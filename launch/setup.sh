#!/usr/bin/env bash
# Installs the system packages that lrnet-dist requires, and checks the Swift compiler.
#
#     launch/setup.sh            install missing packages (Debian, Ubuntu), then check
#     launch/setup.sh --check    only check
#
# On Debian and Ubuntu, missing packages are installed with apt-get, using sudo unless you are root.
# On other systems nothing is installed, and missing packages are listed. The exit code is 0 if
# everything is installed, 66 if something is missing.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

check_only=false
case ${1-} in
-h | --help) show_help && exit 0 ;;
--check) check_only=true ;;
"") ;;
*) fail 64 "unknown option '$1' (see --help)" ;;
esac

# Debian packages, each with the command or pkg-config module that shows it is installed.
packages=(
    "pkg-config command:pkg-config"
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
    local entry package evidence
    for entry in "${packages[@]}"; do
        package=${entry%% *}
        evidence=${entry#* }
        case $evidence in
        command:*) command -v "${evidence#command:}" >/dev/null || printf '%s\n' "$package" ;;
        module:*)
            pkg-config --exists "${evidence#module:}" 2>/dev/null || printf '%s\n' "$package"
            ;;
        esac
    done
}

as_root() {
    if [[ $(id -u) -eq 0 ]]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail 66 "you are not root and sudo is missing; ask an administrator to run: $*"
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
    fail 66 "install (Debian names; every library needs its pkg-config file): ${missing[*]}"
fi

install_swift="install 6.2 or later from https://swift.org/install"
command -v swift >/dev/null || fail 66 "swift is not on the PATH; $install_swift"
version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
major=${version%%.*}
minor=${version#*.}
if [[ -z $version ]] || ((major < 6 || (major == 6 && minor < 2))); then
    fail 66 "swift ${version:-of unknown version} is too old; $install_swift"
fi
say "ready: swift $version, $(mpirun --version | head -n 1), OpenBLAS $(pkg-config --modversion openblas), HDF5 $(pkg-config --modversion hdf5)"
