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
#     program NAME                prints the path of a program in LRNET_PROGRAMS (default:
#                                 .build/release); builds the program if it is missing
#     core_count                  prints the number of cores that this process can use
#     is_positive TEXT            succeeds if the text is a positive whole number
#     require_count N             exits (64) unless N is a valid number of ranks
#     require_value OPTION VALUE  exits (64) unless the option has a value
#     require_recipe FILE         exits (66) unless the recipe exists
#     find_hostfile               looks for `hostfile` in the repository and in the caller's folder;
#                                 exits (66) if it is missing
#     is_this_host NAME           succeeds if the name is this host's
#     ssh_command                 array: the command prefix that runs a command on another host
#     launch_command              array: the command that launches the ranks, set by
#     prepare_ranks N COMMAND...  N ranks of COMMAND on this host
#     prepare_hosts FILE N ...    N ranks of a command on the hosts of a host file
#     launch_ranks N COMMAND...   calls prepare_ranks, then run_job
#     accept_stop_requests        handles signals from here on: they request a checkpoint
#     start_job, await_job        run launch_command and set `status`
#     run_job                     calls these three; exits unless the job succeeds
#     resume_hint                 the message after a job that ended without a checkpoint
#     end_process PID SECONDS     sends SIGTERM to a process and, after SECONDS, SIGKILL
#     host_names FILE             prints the hosts of a host file, one per line
#     slot_count FILE             prints the sum of their slots
#     default_placement FILE N    prints how mpirun places N ranks on them (--map-by)

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

program() {
    local path=${LRNET_PROGRAMS:-$repository_root/.build/release}/$1
    if [[ ! -x $path ]]; then
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

require_mpirun() {
    command -v mpirun >/dev/null || fail 66 "mpirun is not on the PATH; run launch/setup.sh"
}

find_hostfile() {
    local name=$hostfile
    [[ -f $hostfile ]] || hostfile=$caller_folder/$hostfile
    [[ -f $hostfile ]] || fail 66 "host file $name not found"
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

# Consecutive ranks are on one host, because the ranks of a host exchange first and send only their
# sum to other hosts. If the ranks cannot be divided evenly, they are dealt to the hosts in turns. If a
# host has fewer slots than its share, mpirun fills one host after another.
default_placement() {
    sed 's/#.*//' "$1" |
        awk -v ranks="$2" '
            NF {
                n = 1
                for (i = 2; i <= NF; i++) if ($i ~ /^slots=/) n = substr($i, 7)
                if (!($1 in slots)) hosts++
                slots[$1] += n
            }
            END {
                if (hosts == 0) exit
                if (ranks % hosts) { print "node"; exit }
                share = ranks / hosts
                for (host in slots) if (slots[host] < share) { print "slot"; exit }
                printf "ppr:%d:node\n", share
            }'
}

launch_command=()

# Does not bind ranks to cores. Otherwise, with one or two ranks, mpirun binds each rank and all its
# threads to a single core. With --oversubscribe, ranks beyond the cores yield while they wait: the
# results are correct, but training is slow.
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

# Environment: MAP_BY and MPI_OPTIONS (see hosts.sh).
prepare_hosts() {
    local hostfile=$1 ranks=$2 name
    local -a more
    shift 2
    require_count "$ranks"
    require_mpirun
    launch_command=(mpirun ${MPI_QUIET---quiet} --hostfile "$hostfile" -n "$ranks")
    launch_command+=(--map-by "${MAP_BY:-$(default_placement "$hostfile" "$ranks")}")
    launch_command+=(--bind-to none -x OPENBLAS_NUM_THREADS --wdir "$repository_root")
    for name in LD_LIBRARY_PATH OPENBLAS_CORETYPE; do
        if [[ -n ${!name-} ]]; then launch_command+=(-x "$name"); fi
    done
    read -r -a more <<<"${MPI_OPTIONS-}"
    launch_command+=(${more[@]+"${more[@]}"} "$@")
}

# --- Jobs that stop with a checkpoint ------------------------------------------------------------

# Seconds that a job gets to save its checkpoint.
grace=60
child=
guard=
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

# Starts launch_command and sets `child`.
start_job() {
    status=0
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
            # mpirun runs with --quiet.
            say "$name: mpirun ended with exit code $status;" \
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
