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
#     program NAME                the path of a release program, built if it is missing; the one in
#                                 LRNET_PROGRAMS where that names a folder
#     core_count                  the cores that this process may use
#     is_positive TEXT            whether it is a positive whole number
#     require_count N             ends the script unless N can be a number of ranks
#     require_value OPTION VALUE  ends the script unless the option has a value
#     require_recipe FILE         ends the script unless the recipe is there
#     find_hostfile               the same for `hostfile`, also in the caller's folder
#     is_this_host NAME           whether a machine is this one
#     ssh_command                 what runs a command on another machine, an array
#     launch_command              what launches ranks, an array that these two fill:
#     prepare_ranks N COMMAND...  N ranks of COMMAND on this host
#     prepare_hosts FILE N ...    the same on the machines of a host file
#     launch_ranks N COMMAND...   prepare_ranks, and run it as run_job does
#     accept_stop_requests        from now on signals ask the job for a checkpoint
#     start_job, await_job        run launch_command and set `status`
#     run_job                     all three; ends the script unless the job succeeds
#     resume_hint                 what to say of a job that ended without a checkpoint
#     end_process PID SECONDS     asks a process to end, and kills it so much later
#     host_names FILE             the machines of a host file, a line each
#     slot_count FILE             the ranks that they take together

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
    local path=${LRNET_PROGRAMS:-$repository_root/.build/release}/$1
    if [[ ! -x $path ]]; then
        command -v swift >/dev/null || fail 66 "swift is not on the PATH: run launch/setup.sh"
        say "building $1"
        swift build -c release --product "$1" >&2
    fi
    printf '%s\n' "$path"
}

core_count() { nproc 2>/dev/null || getconf _NPROCESSORS_ONLN; }

is_positive() { [[ $1 =~ ^[1-9][0-9]*$ ]]; }

require_count() { is_positive "$1" || fail 64 "'$1' is not a number of ranks (see --help)"; }

require_value() { (($# >= 2)) || fail 64 "$1 needs a value (see --help)"; }

require_recipe() { [[ -f $1 ]] || fail 66 "$1: no such recipe"; }

require_mpirun() {
    command -v mpirun >/dev/null || fail 66 "mpirun is not on the PATH: run launch/setup.sh"
}

find_hostfile() {
    [[ -f $hostfile ]] || hostfile=$caller_folder/$hostfile
    [[ -f $hostfile ]] || fail 66 "$hostfile: no such file of hosts"
}

ssh_command=(ssh -n -o BatchMode=yes -o ConnectTimeout=10)

is_this_host() {
    case $1 in
    localhost | 127.0.0.1 | "$(hostname)" | "$(hostname -s)") return 0 ;;
    *) return 1 ;;
    esac
}

host_names() { sed 's/#.*//' "$1" | awk 'NF { print $1 }'; }

slot_count() {
    sed 's/#.*//' "$1" |
        awk 'NF { n = 1; for (i = 2; i <= NF; i++) if ($i ~ /^slots=/) n = substr($i, 7); sum += n }
             END { print sum + 0 }'
}

launch_command=()

# Ranks are not bound: mpirun binds each of one or two ranks to a single core otherwise, threads
# and all. More ranks than cores wait politely (--oversubscribe) and stay correct, but slow.
prepare_ranks() {
    local ranks=$1
    shift
    require_count "$ranks"
    require_mpirun
    launch_command=(mpirun ${MPI_QUIET---quiet} -n "$ranks" --bind-to none)
    if ((ranks > $(core_count))); then
        say "$ranks ranks share $(core_count) cores"
        launch_command+=(--oversubscribe)
    fi
    launch_command+=("$@")
}

# Environment: MAP_BY, MPI_OPTIONS (see hosts.sh).
prepare_hosts() {
    local hostfile=$1 ranks=$2 name
    local -a more
    shift 2
    require_count "$ranks"
    require_mpirun
    launch_command=(mpirun ${MPI_QUIET---quiet} --hostfile "$hostfile" -n "$ranks" --map-by "${MAP_BY:-node}")
    launch_command+=(--bind-to none -x OPENBLAS_NUM_THREADS --wdir "$repository_root")
    for name in LD_LIBRARY_PATH OPENBLAS_CORETYPE; do
        if [[ -n ${!name-} ]]; then launch_command+=(-x "$name"); fi
    done
    read -r -a more <<<"${MPI_OPTIONS-}"
    launch_command+=(${more[@]+"${more[@]}"} "$@")
}

# --- Jobs that stop with a checkpoint ------------------------------------------------------------

# Seconds that a job has for its checkpoint.
grace=60
child=
guard=
stopping=false
interrupted=false
status=0
resume_hint="stopped without a new checkpoint; the same command resumes from the last one, or starts over if there is none"

end_process() { kill -TERM "$1" && sleep "$2" && kill -KILL "$1"; }

# The first request asks for a checkpoint; a second one does not wait for it.
ask_to_stop() {
    interrupted=true
    if $stopping; then
        [[ -z $child ]] || kill -TERM "$child" 2>/dev/null || true
        # Without a number it would be that of the command before the signal.
        return 0
    fi
    stopping=true
    # The line of a progress bar ends here.
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
    # Bash would print a line about its end.
    disown "$guard"
}

# Jobs get process groups of their own, so that Ctrl-C reaches the script alone: mpirun would give its
# ranks one second, which is less than a step.
accept_stop_requests() {
    set -m
    trap ask_to_stop TERM INT USR1 HUP
}

# Starts launch_command and sets `child`.
start_job() {
    status=0
    "${launch_command[@]}" </dev/null &
    child=$!
    # A signal that came in between was not passed on.
    if $stopping; then kill -USR1 "$child" 2>/dev/null || true; fi
}

# Waits for the job and sets `status`. A signal to the script ends `wait` early; the job's own end is
# what counts.
await_job() {
    local ended
    while true; do
        interrupted=false
        ended=0
        wait "$child" || ended=$?
        # 127: it was waited for just before the signal.
        ((ended == 127)) || status=$ended
        $interrupted || break
    done
    child=
    if [[ -n $guard ]]; then kill -TERM -- "-$guard" 2>/dev/null || true; fi
}

# Runs launch_command; ends the script with its status unless that is 0. 75: stopped with a checkpoint.
run_job() {
    local name
    name=$(basename "$0")
    accept_stop_requests
    start_job
    await_job
    case $status in
    0) return ;;
    # lrnet-dist has said why.
    64 | 65 | 66 | 70 | 74 | 75 | 78 | 80 | 81) ;;
    *)
        if $stopping; then
            say "$name: $resume_hint"
        else
            # mpirun is told to be quiet.
            say "$name: mpirun ended with exit code $status; MPI_QUIET= $name ... shows its messages"
        fi
        ;;
    esac
    exit "$status"
}

launch_ranks() {
    prepare_ranks "$@"
    run_job
}
