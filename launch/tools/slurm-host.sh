#!/usr/bin/env bash
# Runs a command on a Slurm of its own: this machine is the only node, with as many CPUs as you say.
# Use it for tests of job scripts.
#
#     launch/tools/slurm-host.sh [--cpus N] [--log FOLDER] -- COMMAND...
#
#     launch/tools/slurm-host.sh -- srun --mpi=pmix -n 2 .build/release/lrnet-dist doctor
#     launch/tools/debian13.sh /srv/debian13 -- launch/tools/slurm-host.sh -- COMMAND...
#
# Options:
#
#     --cpus N           CPUs that Slurm assigns to jobs (default 4); the machine can have fewer
#     --log FOLDER       keep the logs of slurmctld and slurmd there
#
# COMMAND runs in the current folder, with SLURM_CONF set. A requeued job starts again after 3 seconds
# instead of two minutes. The only partition, `test`, has no time limit of its own.
#
# When COMMAND ends, or this script does, its jobs are canceled and slurmctld and slurmd end. They also
# end if the script is killed; jobs then end at once only under debian13.sh.
#
# There is no authentication (auth/none), so any user of the machine can start jobs as any other: do
# not use it where that matters. Requires root and Slurm (Debian: slurm-wlm), and that no other Slurm
# uses ports 6817 and 6818. The exit code is that of COMMAND.
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

cpus=4
log=
case ${1-} in -h | --help) show_help && exit 0 ;; esac
while (($# > 0)); do
    case $1 in
    --)
        shift
        break
        ;;
    --cpus | --log)
        require_value "$@"
        case $1 in
        --cpus) cpus=$2 ;;
        --log) log=$2 ;;
        esac
        shift 2
        ;;
    *) fail 64 "unknown option '$1'; the command follows -- (see --help)" ;;
    esac
done
(($# >= 1)) || fail 64 "usage: slurm-host.sh [OPTION...] -- COMMAND... (see --help)"
is_positive "$cpus" || fail 64 "--cpus '$cpus' is not a positive number"
[[ $(id -u) -eq 0 ]] || fail 66 "slurmd requires root"
for tool in slurmctld slurmd sinfo setpriv; do
    command -v "$tool" >/dev/null ||
        fail 66 "$tool is not on the PATH; install slurm-wlm, or use launch/tools/debian13.sh"
done

cd "$caller_folder"
scratch=$(mktemp -d)
log=$(realpath -m "${log:-$scratch/log}")
mkdir -p "$scratch"/{state,spool} "$log"
daemons=()
child=

# Succeeds when no job is left, not even one that is ending.
is_empty() { [[ -z $(squeue --noheader 2>/dev/null) ]]; }

clean_up() {
    local daemon try
    trap '' TERM INT HUP
    if [[ -n $child ]]; then kill -KILL "$child" 2>/dev/null || true; fi
    if ((${#daemons[@]})) && ! is_empty; then
        scancel --quiet --full --partition=test 2>/dev/null || true
        for ((try = 0; try < 10; try++)); do
            ! is_empty || break
            # The last tries do not wait for jobs that handle SIGTERM.
            ((try != 5)) || scancel --quiet --full --signal=KILL --partition=test 2>/dev/null || true
            sleep 1
        done
    fi
    for daemon in ${daemons[@]+"${daemons[@]}"}; do
        kill -TERM "$daemon" 2>/dev/null || true
        for ((try = 0; try < 100; try++)); do
            kill -0 "$daemon" 2>/dev/null || break
            sleep 0.1
        done
        kill -KILL "$daemon" 2>/dev/null || true
    done
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

host=$(hostname -s)
export SLURM_CONF=$scratch/slurm.conf
cat >"$SLURM_CONF" <<END
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/none
CredType=cred/none
# The time before a requeued job starts is this one, plus 1.
AuthInfo=cred_expire=5
StateSaveLocation=$scratch/state
SlurmdSpoolDir=$scratch/spool
SlurmctldPidFile=$scratch/slurmctld.pid
SlurmdPidFile=$scratch/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/builtin
SchedulerParameters=sched_interval=2
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=30
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cpus State=UNKNOWN
PartitionName=test Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
echo "CgroupPlugin=disabled" >"$scratch/cgroup.conf"

# Starts a daemon that ends with this script.
start() {
    setpriv --pdeathsig KILL "$@" >"$log/$1.log" 2>&1 </dev/null &
    daemons+=($!)
}
start slurmctld -D
start slurmd -D -N "$host"
for ((try = 0; try < 300; try++)); do
    [[ $(sinfo --noheader --format=%T 2>/dev/null) != idle ]] || break
    for daemon in "${daemons[@]}"; do kill -0 "$daemon" 2>/dev/null || try=300; done
    sleep 0.1
done
if ((try >= 300)); then
    tail -n 5 "$log"/*.log >&2
    fail 74 "Slurm does not start; its last messages are above"
fi

# A command in the background would ignore SIGINT.
env --default-signal=INT,QUIT "$@" <&0 &
child=$!
status=0
wait "$child" || status=$?
child=
exit "$status"
