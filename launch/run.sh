#!/usr/bin/env bash
# Runs lrnet-dist on several ranks, and starts it again when it fails in a way that may pass.
#
#     launch/run.sh -n N [OPTION...] -- train RECIPE --data DIR --output RUN [OPTION...]
#
#     launch/run.sh -n 8 --max-restarts 5 -- train launch/recipes/mnist-ternary.yaml \
#         --data data/mnist --output runs/mnist
#
# Options:
#
#     -n N               ranks
#     --max-restarts R   starts after the first one, at most; 5 unless said otherwise
#     --grace SECONDS    time for a checkpoint when this script is asked to stop; 60
#     --hostfile FILE    several machines, as for launch/hosts.sh
#     --min-ranks K      with --hostfile: go on with K ranks or more when machines are gone; N
#     --linger SECONDS   time for mpirun to end once this machine's ranks have; 20
#
# Each start goes on from the last checkpoint, with the same results at any number of ranks. It is
# made again after the exit codes 75 (stopped early), 81 (stalled), 74 (input, output or a peer), 1
# (a killed mpirun) and 134, 137-140, 143 (a rank that a signal ended), some seconds later. Every
# other code ends the script, such as 65 (bad data), 78 (bad recipe), 80 (non-finite loss): the same
# command would end in the same way.
#
# An mpirun whose ranks have ended waits for machines that are gone, for a quarter of an hour; this
# script ends it after --linger. It sees that by the ranks on its own machine: start it on one of those
# that the host file names.
#
# SIGTERM, SIGINT, SIGHUP or SIGUSR1 to this script stop the run with a checkpoint; it ends with 75. A second
# signal does not wait for the checkpoint.
#
# Environment: LRNET_HOST_CHECK, a command that succeeds with a machine's name as its last argument
# if it can be used; by default ssh tries to run `true` there. MAP_BY, MPI_OPTIONS as in hosts.sh.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

ranks=
max_restarts=5
hostfile=
min_ranks=
linger=20
while (($# > 0)); do
    case $1 in
    -h | --help) show_help && exit 0 ;;
    --)
        shift
        break
        ;;
    -n | --max-restarts | --grace | --hostfile | --min-ranks | --linger)
        require_value "$@"
        case $1 in
        -n) ranks=$2 ;;
        --max-restarts) max_restarts=$2 ;;
        --grace) grace=$2 ;;
        --hostfile) hostfile=$2 ;;
        --min-ranks) min_ranks=$2 ;;
        --linger) linger=$2 ;;
        esac
        shift 2
        ;;
    *) fail 64 "'$1' is no option; what follows -- goes to lrnet-dist (see --help)" ;;
    esac
done
(($# >= 1)) || fail 64 "usage: run.sh -n N [OPTION...] -- train RECIPE [OPTION...] (see --help)"
require_count "$ranks"
min_ranks=${min_ranks:-$ranks}
require_count "$min_ranks"
((min_ranks <= ranks)) || fail 64 "--min-ranks $min_ranks exceeds -n $ranks"
[[ $max_restarts =~ ^[0-9]+$ ]] || fail 64 "--max-restarts '$max_restarts' is no number"
[[ $grace =~ ^[0-9]+$ ]] || fail 64 "--grace '$grace' is no number of seconds"
is_positive "$linger" || fail 64 "--linger '$linger' is no number of seconds"
if [[ -n $hostfile ]]; then find_hostfile; fi
trainer=$(program lrnet-dist)

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

answers() {
    local host=$1
    if [[ -n ${LRNET_HOST_CHECK-} ]]; then
        local -a check
        read -r -a check <<<"$LRNET_HOST_CHECK"
        "${check[@]}" "$host" </dev/null >/dev/null 2>&1
        return
    fi
    is_this_host "$host" || "${ssh_command[@]}" "$host" true >/dev/null 2>&1
}

# Fills launch_command; fails if too few machines answer.
prepare() {
    if [[ -z $hostfile ]]; then
        prepare_ranks "$ranks" "$trainer" "$@"
        return
    fi
    local line host slots count=$ranks
    : >"$scratch/hosts"
    while read -r line; do
        line=${line%%#*}
        host=${line%%[[:space:]]*}
        [[ -n $host ]] || continue
        if answers "$host"; then
            printf '%s\n' "$line" >>"$scratch/hosts"
        else
            say "run.sh: $host does not answer"
        fi
    done <"$hostfile"
    slots=$(slot_count "$scratch/hosts")
    if ((slots < count)); then count=$slots; fi
    if ((count < min_ranks)); then
        say "run.sh: machines that answer take $slots ranks, fewer than $min_ranks"
        return 1
    fi
    if ((count < ranks)); then say "run.sh: going on with $count of $ranks ranks"; fi
    prepare_hosts "$scratch/hosts" "$count" "$trainer" "$@"
}

accept_stop_requests

# Whether mpirun, process $1, has ranks on this machine; they are its children.
has_ranks() {
    local process name
    for process in $(cat /proc/"$1"/task/*/children 2>/dev/null); do
        name=$(cat "/proc/$process/comm" 2>/dev/null) || continue
        if [[ $name == lrnet-dist ]]; then return 0; fi
    done
    return 1
}

# Ends mpirun, process $1, if it outlives its ranks.
end_lingering() {
    local seen=false absent=0
    while sleep 1 && kill -0 "$1" 2>/dev/null; do
        if has_ranks "$1"; then
            seen=true
            absent=0
        elif $seen && ((++absent >= linger)); then
            say "run.sh: the ranks on this machine have ended, mpirun has not: ending it"
            : >"$scratch/lingered"
            kill -KILL "$1" 2>/dev/null
            return
        fi
    done
}

# Starts once and sets `status`.
run_once() {
    status=0
    prepare "$@" || {
        status=74
        return
    }
    if $stopping; then
        status=75
        return
    fi
    start_job
    rm -f "$scratch/lingered"
    end_lingering "$child" &
    local watcher=$!
    disown "$watcher"
    await_job
    kill -TERM -- "-$watcher" 2>/dev/null || true
    if [[ -e $scratch/lingered ]]; then status=74; fi
}

cause() {
    case $1 in
    1) echo "mpirun was ended" ;;
    74) echo "input, output or a peer failed" ;;
    75) echo "stopped early with a checkpoint" ;;
    81) echo "stalled" ;;
    134) echo "a rank aborted" ;;
    137) echo "a rank was killed, perhaps for lack of memory" ;;
    138 | 140) echo "asked to stop before it could listen" ;;
    139) echo "a rank crashed: segmentation fault" ;;
    143) echo "a rank was terminated" ;;
    esac
}

restarts=0
while true; do
    run_once "$@"
    why=$(cause "$status")
    if $stopping; then
        if [[ -n $why ]] && ((status != 75)); then
            say "run.sh: $resume_hint"
        fi
        # Whatever became of the attempt to stop: running the same command again resumes.
        if [[ -n $why ]]; then status=75; fi
        exit "$status"
    fi
    [[ -n $why ]] || exit "$status"
    if ((restarts >= max_restarts)); then
        say "run.sh: $why (exit code $status); no restart is left of $max_restarts"
        exit "$status"
    fi
    delay=$((restarts < 4 ? 1 << restarts : 15))
    restarts=$((restarts + 1))
    say "run.sh: $why (exit code $status); restart $restarts of $max_restarts in $delay s"
    sleep "$delay" &
    wait $! || true
    if $stopping; then exit 75; fi
done
