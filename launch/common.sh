#!/usr/bin/env bash
# What the other scripts share; to be sourced, not run:
#
#     source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
#
# It changes to the root of the repository and defines
#
#     say TEXT...                 a line on standard error
#     fail STATUS TEXT...         the same, and the end of the script
#     show_help                   the script's own header comment
#     program NAME                the path of a release program, built if it is missing
#     core_count                  the cores that this process may use
#     launch_ranks N COMMAND...   COMMAND under mpirun on this host

set -euo pipefail

say() { printf '%s\n' "$*" >&2; }

fail() {
    local status=$1
    shift
    say "$(basename "$0"): $*"
    exit "$status"
}

# Prints the comment at the head of the script that was started.
show_help() { sed -n '2,/^[^#]/{/^#/!d;s/^# \{0,1\}//;p}' "$script_path"; }

script_path=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")
repository_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
caller_folder=$PWD
export caller_folder
cd "$repository_root"

# Open MPI refuses to run as root unless told twice; containers often have no other user.
if [[ $(id -u) -eq 0 ]]; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi

# Each rank computes on the threads that its recipe names; the BLAS must not start its own.
export OPENBLAS_NUM_THREADS=${OPENBLAS_NUM_THREADS:-1}

program() {
    local path=$repository_root/.build/release/$1
    if [[ ! -x $path ]]; then
        command -v swift >/dev/null || fail 66 "swift is not on the PATH: run launch/setup.sh"
        say "building $1"
        swift build -c release --product "$1" >&2
    fi
    printf '%s\n' "$path"
}

core_count() { nproc 2>/dev/null || getconf _NPROCESSORS_ONLN; }

# Fails unless $1 is a positive whole number.
require_count() {
    [[ $1 =~ ^[1-9][0-9]*$ ]] || fail 64 "'$1' is not a number of ranks (see --help)"
}

# Ranks are not bound: mpirun binds each of one or two ranks to a single core otherwise, threads
# and all. More ranks than cores wait politely (--oversubscribe) and stay correct, but slow.
launch_ranks() {
    local ranks=$1
    shift
    require_count "$ranks"
    command -v mpirun >/dev/null || fail 66 "mpirun is not on the PATH: run launch/setup.sh"
    local options=(-n "$ranks" --bind-to none)
    if ((ranks > $(core_count))); then
        say "$ranks ranks share $(core_count) cores"
        options+=(--oversubscribe)
    fi
    mpirun "${options[@]}" "$@"
}
