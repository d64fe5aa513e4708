#!/usr/bin/env bash
# Functions that the other scripts share. Source this file; do not run it:
#
#     source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
#
# It changes to the root of the repository and defines:
#
#     say TEXT...                 prints a line to standard error
#     fail STATUS TEXT...         prints a line to standard error and exits with STATUS
#     show_help                   prints the header comment of the script
#     is_package                  succeeds if this is an unpacked package (launch/package.sh)
#     program NAME                prints the path of a program in LRNET_PROGRAMS (default: bin in a
#                                 package, otherwise .build/release); builds it if it is missing
#     core_count                  prints the number of cores that this process can use
#     is_positive TEXT            succeeds if the text is a positive whole number
#     require_count N             exits (64) unless N is a valid number of ranks
#     require_value OPTION VALUE  exits (64) unless the option has a value
#     require_recipe FILE         exits (66) unless the recipe exists
#     find_hostfile               looks for `hostfile` in the repository and in the caller's folder;
#                                 exits (66) if it is missing
#     is_this_host NAME           succeeds if the name is this host's
#     ssh_command                 array: the command prefix that runs a command on another host
#     launch_command              array: the command that launches the ranks; set by prepare_ranks and
#                                 prepare_hosts (see launchers.sh)
#     launch_ranks N COMMAND...   calls prepare_ranks, then run_job
#     accept_stop_requests        handles signals from here on: they request a checkpoint
#     start_job, await_job        run launch_command and set `status`, as the run recorded it
#     run_folder COMMAND...       prints the --output of a `train` command
#     run_job                     calls these three; exits unless the job succeeds
#     resume_hint                 the message after a job that ended without a checkpoint
#     end_process PID SECONDS     sends SIGTERM to a process and, after SECONDS, SIGKILL

set -euo pipefail

say() { printf '%s\n' "$*" >&2; }

fail() {
    local status=$1
    shift
    say "$(basename "$0"): $*"
    exit "$status"
}

# Prints the header comment of the script that the user started.
show_help() { sed -n '2,/^[^#]/{/^#/!d;s/^# \{0,1\}//;p}' "$script_path"; }

script_path=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")
repository_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
caller_folder=$PWD
export caller_folder
cd "$repository_root"

# Open MPI refuses to run as root unless both variables are set. Containers often have no other
# user.
if [[ $(id -u) -eq 0 ]]; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi

# The recipe sets the threads of each rank. OpenBLAS must not start more.
export OPENBLAS_NUM_THREADS=${OPENBLAS_NUM_THREADS:-1}

is_package() { [[ -d $repository_root/bin ]]; }

program() {
    local folder=.build/release path
    if is_package; then folder=bin; fi
    path=${LRNET_PROGRAMS:-$repository_root/$folder}/$1
    if [[ ! -x $path ]]; then
        if is_package; then fail 66 "$path not found; unpack the package again"; fi
        command -v swift >/dev/null ||
            fail 66 "swift is not on the PATH; install 6.2 or later from https://swift.org/install"
        say "building $1"
        swift build -c release --product "$1" >&2
    fi
    printf '%s\n' "$path"
}

core_count() { nproc 2>/dev/null || getconf _NPROCESSORS_ONLN; }

is_positive() { [[ $1 =~ ^[1-9][0-9]*$ ]]; }

require_count() { is_positive "$1" || fail 64 "'$1' is not a number of ranks (see --help)"; }

require_value() { (($# >= 2)) || fail 64 "$1 needs a value (see --help)"; }

require_recipe() {
    [[ -f $1 ]] || fail 66 "recipe $1 not found; relative paths start at $repository_root"
}

find_hostfile() {
    local name=$hostfile
    [[ -f $hostfile ]] || hostfile=$caller_folder/$hostfile
    [[ -f $hostfile ]] || fail 66 "host file $name not found"
}

# shellcheck disable=SC2034  # other scripts use it
ssh_command=(ssh -n -o BatchMode=yes -o ConnectTimeout=10)

is_this_host() {
    case $1 in
    localhost | 127.0.0.1 | "$(hostname)" | "$(hostname -s)") return 0 ;;
    *) return 1 ;;
    esac
}

# shellcheck source=launchers.sh
source "$repository_root/launch/launchers.sh"

# --- Jobs that stop with a checkpoint ------------------------------------------------------------

# Seconds that a job gets to save its checkpoint.
grace=60
child=
guard=
folder=
stopping=false
interrupted=false
status=0
resume_hint="stopped without a new checkpoint; the same command resumes from the last one"
resume_hint+=", or starts over if there is none"

end_process() { kill -TERM "$1" && sleep "$2" && kill -KILL "$1"; }

# Handles signals: the first one requests a checkpoint, a second one ends the job without it.
ask_to_stop() {
    interrupted=true
    if $stopping; then
        [[ -z $child ]] || kill -TERM "$child" 2>/dev/null || true
        # Without a number, `return` uses the status of the command before the signal.
        return 0
    fi
    stopping=true
    # Ends the line of a progress bar.
    if [[ -t 2 ]]; then say ""; fi
    say "$(basename "$0"): stopping after this step with a checkpoint ($grace s at most);" \
        "press Ctrl-C again to stop without one"
    [[ -n $child ]] || return 0
    kill -USR1 "$child" 2>/dev/null || true
    (
        sleep "$grace"
        end_process "$child" 5
    ) 2>/dev/null &
    guard=$!
    # Otherwise Bash prints a line when it ends.
    disown "$guard"
}

# Runs each job in its own process group, so that Ctrl-C reaches only this script. On Ctrl-C, mpirun
# kills its ranks after about one second, often too soon to finish a step.
accept_stop_requests() {
    set -m
    trap ask_to_stop TERM INT USR1 HUP
}

# Prints the --output of a `train` command that launch_command ends with; nothing for another command
# or for one that only checks.
run_folder() {
    local word output='' is_training=false is_output=false
    for word in "$@"; do
        if $is_output; then output=$word is_output=false; fi
        case $word in
        train) is_training=true ;;
        --output) is_output=true ;;
        --output=*) output=${word#--output=} ;;
        --dry-run | --print-recipe | --help | -h) return ;;
        esac
    done
    if $is_training; then printf '%s\n' "$output"; fi
}

# Starts launch_command and sets `child`.
start_job() {
    status=0
    folder=$(run_folder "${launch_command[@]}")
    # The trainer removes it, too, but later.
    if [[ -n $folder ]]; then rm -f "$folder/ended.json"; fi
    "${launch_command[@]}" </dev/null &
    child=$!
    # A signal that arrived before `child` was set has not been passed on.
    if $stopping; then kill -USR1 "$child" 2>/dev/null || true; fi
}

# Waits for the job to end and sets `status`. A signal to the script interrupts `wait`, so this
# function waits again until the job itself ends.
await_job() {
    local ended
    while true; do
        interrupted=false
        ended=0
        wait "$child" || ended=$?
        # 127: a previous `wait` already returned its status, just before the signal.
        ((ended == 127)) || status=$ended
        $interrupted || break
    done
    child=
    if [[ -n $guard ]]; then kill -TERM -- "-$guard" 2>/dev/null || true; fi
    if [[ -n $folder ]]; then read_end; fi
}

# Sets `status` to the exit code that the run recorded. A launcher does not always return the code of
# its ranks: MPICH's hydra returned 0 for runs that a signal had stopped early.
read_end() {
    local code
    code=$(sed -n 's/^{"code":\([0-9]*\),.*/\1/p' "$folder/ended.json" 2>/dev/null) || true
    if [[ -n $code ]]; then
        if ((code == 0 && status != 0)); then
            say "$(basename "$0"): the run is done, although ${launcher##*/} ended with exit code $status"
        fi
        status=$code
    elif ((status == 0)) && [[ -d $folder ]]; then
        say "$(basename "$0"): ${launcher##*/} ended with exit code 0, but the run has not ended"
        status=1
    fi
}

# Runs launch_command. Exits with its status unless that is 0; 75 means stopped with a checkpoint.
run_job() {
    local name
    name=$(basename "$0")
    accept_stop_requests
    start_job
    await_job
    case $status in
    0) return ;;
    # lrnet-dist has printed the reason.
    64 | 65 | 66 | 70 | 74 | 75 | 78 | 80 | 81) ;;
    *)
        if $stopping; then
            say "$name: $resume_hint"
        else
            # Open MPI's mpirun runs with --quiet.
            say "$name: ${launcher##*/} ended with exit code $status;" \
                "to see its messages, run the same command with MPI_QUIET= in front"
        fi
        ;;
    esac
    exit "$status"
}

launch_ranks() {
    prepare_ranks "$@"
    run_job
}
