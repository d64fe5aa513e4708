#!/usr/bin/env bash
# Runs lrnet-dist on several ranks, and restarts it after failures that may be temporary.
#
#     launch/run.sh -n N [OPTION...] -- train RECIPE --data DIR --output RUN [OPTION...]
#
#     launch/run.sh -n 8 --max-restarts 5 -- train launch/recipes/mnist-ternary.yaml \
#         --data data/mnist --output runs/mnist
#
# Options:
#
#     -n N               number of ranks
#     --max-restarts R   maximum number of restarts (default 5)
#     --grace SECONDS    time to save a checkpoint when this script is asked to stop (default 60)
#     --hostfile FILE    run on several hosts, as with launch/hosts.sh
#     --min-ranks K      with --hostfile: minimum number of ranks if hosts are lost (default N)
#     --linger SECONDS   time for the launcher to end after the ranks on this host have ended (default 20)
#     --requeue          in a Slurm job: requeue the job instead of restarting a run that stopped early
#                        with a checkpoint (75), also after SIGUSR1; see launch/slurm.sbatch
#
# Each start resumes from the last checkpoint. The results are the same at any number of ranks.
# The script restarts the job, after a delay of some seconds, on these exit codes:
#
#     75                 stopped early
#     81                 stalled
#     74                 input/output or a peer failed
#     1, 255             the launcher failed or was killed
#     134-140, 143       a signal ended a rank
#     6-15               the same, with MPICH's hydra
#
# Any other exit code ends the script, for example 65 (bad data), 78 (bad recipe) or 80 (non-finite
# loss), because the same command would fail in the same way. The code of a run is the one in the run's
# `ended.json`, if that file exists.
#
# When a host is lost, Open MPI's mpirun waits for it for a quarter of an hour, even after all other ranks have
# ended. This script kills such an mpirun after --linger. To detect this it watches the ranks on its
# own host, so start it on one of the hosts in the host file.
#
# SIGTERM, SIGINT, SIGHUP or SIGUSR1 to this script stops the run with a checkpoint, and the script
# ends with 75. A second signal stops the run without waiting for the checkpoint.
#
# Environment:
#
#     LRNET_HOST_CHECK     command that is called with the name of a host as its last argument and
#                          succeeds if the host can be used (default: run `true` there over ssh)
#     LRNET_LAUNCHER and others: see launch/launchers.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

ranks=
max_restarts=5
hostfile=
min_ranks=
linger=20
requeues=false
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
    --requeue)
        requeues=true
        shift
        ;;
    *) fail 64 "unknown option '$1'; arguments for lrnet-dist follow -- (see --help)" ;;
    esac
done
(($# >= 1)) || fail 64 "usage: run.sh -n N [OPTION...] -- train RECIPE [OPTION...] (see --help)"
require_count "$ranks"
min_ranks=${min_ranks:-$ranks}
require_count "$min_ranks"
((min_ranks <= ranks)) || fail 64 "--min-ranks $min_ranks exceeds -n $ranks"
[[ $max_restarts =~ ^[0-9]+$ ]] || fail 64 "--max-restarts '$max_restarts' is not a whole number"
[[ $grace =~ ^[0-9]+$ ]] || fail 64 "--grace '$grace' is not a whole number of seconds"
is_positive "$linger" || fail 64 "--linger '$linger' is not a positive number of seconds"
if $requeues && [[ -z ${SLURM_JOB_ID-} ]]; then fail 64 "--requeue needs a Slurm job"; fi
if [[ -n $hostfile ]]; then find_hostfile; fi
trainer=$(program lrnet-dist)

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

is_reachable() {
    local host=$1
    if [[ -n ${LRNET_HOST_CHECK-} ]]; then
        local -a check
        read -r -a check <<<"$LRNET_HOST_CHECK"
        "${check[@]}" "$host" </dev/null >/dev/null 2>&1
        return
    fi
    is_this_host "$host" || "${ssh_command[@]}" "$host" true >/dev/null 2>&1
}

# Sets launch_command. Fails if too few hosts answer.
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
        if is_reachable "$host"; then
            printf '%s\n' "$line" >>"$scratch/hosts"
        else
            say "run.sh: $host does not answer"
        fi
    done <"$hostfile"
    slots=$(slot_count "$scratch/hosts")
    if ((slots < count)); then count=$slots; fi
    if ((count < min_ranks)); then
        say "run.sh: the hosts that answer have $slots slots; at least $min_ranks are required"
        return 1
    fi
    if ((count < ranks)); then say "run.sh: continuing with $count of $ranks ranks"; fi
    prepare_hosts "$scratch/hosts" "$count" "$trainer" "$@"
}

accept_stop_requests

is_canceled=false
if $requeues; then
    # scancel and scontrol requeue send SIGTERM. A canceled job must not start again.
    trap 'is_canceled=true; ask_to_stop' TERM INT HUP
fi

# Requeues this job. In an array, one task has the ID of the whole array in SLURM_JOB_ID; to requeue
# that would cancel and requeue all tasks.
requeue() {
    local job=$SLURM_JOB_ID
    if [[ -n ${SLURM_ARRAY_JOB_ID-} ]]; then job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID; fi
    say "run.sh: stopped with a checkpoint; requeuing job $job"
    scontrol requeue "$job" || say "run.sh: job $job was not requeued; submit it again to resume"
}

# Succeeds if the launcher (process $1) has ranks on this host. They are its child processes, or those
# of its proxy.
has_ranks() {
    local process name
    for process in $(cat /proc/"$1"/task/*/children 2>/dev/null); do
        name=$(cat "/proc/$process/comm" 2>/dev/null) || continue
        case $name in
        lrnet-dist) return 0 ;;
        hydra* | prte* | orted) if has_ranks "$process"; then return 0; fi ;;
        esac
    done
    return 1
}

# Kills the launcher (process $1) if it outlives its ranks on this host by `linger` seconds.
end_lingering() {
    local seen=false absent=0
    while sleep 1 && kill -0 "$1" 2>/dev/null; do
        if has_ranks "$1"; then
            seen=true
            absent=0
        elif $seen && ((++absent >= linger)); then
            say "run.sh: the ranks on this host have ended but ${launcher##*/} has not; killing it"
            : >"$scratch/lingered"
            kill -KILL "$1" 2>/dev/null
            return
        fi
    done
}

# Runs the job once and sets `status`.
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
    if [[ -e $scratch/lingered ]] && ((status != 0)); then status=74; fi
}

restarts=0
while true; do
    run_once "$@"
    why=$(cause "$status")
    if $requeues && ((status == 75)) && ! $is_canceled; then
        requeue
        exit 75
    fi
    if $stopping; then
        if [[ -n $why ]] && ((status != 75)); then
            say "run.sh: $resume_hint"
        fi
        # Even if the job saved no checkpoint, the same command resumes it.
        if [[ -n $why ]]; then status=75; fi
        exit "$status"
    fi
    [[ -n $why ]] || exit "$status"
    if ((restarts >= max_restarts)); then
        say "run.sh: $why (exit code $status); no restarts left (--max-restarts $max_restarts)"
        exit "$status"
    fi
    delay=$((restarts < 4 ? 1 << restarts : 15))
    restarts=$((restarts + 1))
    say "run.sh: $why (exit code $status); restart $restarts of $max_restarts in $delay s"
    sleep "$delay" &
    wait $! || true
    if $stopping; then exit 75; fi
done
