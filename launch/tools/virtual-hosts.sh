#!/usr/bin/env bash
# Runs a command on several virtual hosts: network namespaces of this machine, each with its own
# host name, address and link. Use it for tests, and to measure the effect of a slow network.
#
#     launch/tools/virtual-hosts.sh N [OPTION...] -- COMMAND...
#
#     launch/tools/virtual-hosts.sh 2 --rate 1gbit -- \
#         mpirun -n 2 --map-by node --bind-to none lrnet-dist bench step
#     launch/tools/virtual-hosts.sh 4 -- launch/run.sh -n 4 --hostfile '{hosts}' -- train RECIPE ...
#
# Options:
#
#     --rate RATE        limit of each link in each direction, in tc's format, such as 1gbit or
#                        100mbit (default: no limit)
#     --slots K          slots of each host in the host file (default 1)
#     --name NAME        prefix of the names of the namespaces (default lrnet-PID)
#     --seconds S        time limit of the command (default 600)
#
# COMMAND runs on the first host, node1, in the current folder. Its environment makes Open MPI's mpirun
# and MPICH's mpiexec.hydra start ranks on node1 ... nodeN, without ssh, and use only their links. In
# arguments, `{hosts}` is replaced by the path of the host file. All hosts share this machine's files and
# cores. LRNET_HOST_CHECK is set so that launch/run.sh can tell which hosts answer. From another shell,
# disconnect a host with `down` and connect it again with `up`:
#
#     ip -n NAME-switch link set node2 down
#
# Requires root, iproute2 and util-linux. When the script ends it removes the namespaces and kills
# every process in them. It does not change the machine's own network, because the switch that
# connects the hosts is in a namespace as well.
#
# The exit code is that of the command, or 124 if the time limit was exceeded.
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

hosts=
rate=
slots=1
name=lrnet-$$
seconds=600
case ${1-} in -h | --help) show_help && exit 0 ;; esac
hosts=${1-}
[[ $# -gt 0 ]] && shift
while (($# > 0)); do
    case $1 in
    --)
        shift
        break
        ;;
    --rate | --slots | --name | --seconds)
        require_value "$@"
        case $1 in
        --rate) rate=$2 ;;
        --slots) slots=$2 ;;
        --name) name=$2 ;;
        --seconds) seconds=$2 ;;
        esac
        shift 2
        ;;
    *) fail 64 "unknown option '$1'; the command follows -- (see --help)" ;;
    esac
done
(($# >= 1)) || fail 64 "usage: virtual-hosts.sh N [OPTION...] -- COMMAND... (see --help)"
for count in "$hosts" "$slots" "$seconds"; do
    [[ $count =~ ^[1-9][0-9]{0,4}$ ]] || fail 64 "'$count' is not a positive number (see --help)"
done
((hosts <= 100)) || fail 64 "at most 100 hosts are supported, not $hosts"
[[ $name =~ ^[A-Za-z0-9-]+$ ]] || fail 64 "--name '$name' may have only letters, digits and dashes"
[[ $(id -u) -eq 0 ]] || fail 66 "network namespaces require root"
for tool in ip tc unshare; do
    command -v "$tool" >/dev/null || fail 66 "$tool is not on the PATH; run launch/setup.sh"
done

scratch=$(mktemp -d)
namespaces=()

# Kills the processes that still run in the namespaces. Removes the namespaces and their links.
clean_up() {
    local namespace pid
    trap '' TERM INT HUP
    for namespace in ${namespaces[@]+"${namespaces[@]}"}; do
        for pid in $(ip netns pids "$namespace" 2>/dev/null); do
            kill -KILL "$pid" 2>/dev/null || true
        done
        ip netns delete "$namespace" 2>/dev/null || true
    done
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

make_namespace() {
    [[ ! -e /run/netns/$1 ]] || fail 74 "namespace $1 already exists; choose another --name"
    namespaces+=("$1")
    ip netns add "$1" || fail 74 "this kernel or container does not allow namespaces ($1)"
    ip -n "$1" link set lo up
}

# Limits the rate of one direction of a link, at its sending end. The burst must exceed the packets
# of up to 64 KiB that the kernel passes on and, at high rates, the bytes of one clock tick.
limit() {
    [[ -n $rate ]] || return 0
    tc -n "$1" qdisc add dev "$2" root tbf rate "$rate" burst 256kb latency 20ms ||
        fail 64 "tc rejects --rate '$rate'; use a rate such as 1gbit"
}

make_namespace "$name-switch"
ip -n "$name-switch" link add switch type bridge
ip -n "$name-switch" link set switch up
for ((host = 1; host <= hosts; host++)); do
    make_namespace "$name-node$host"
    ip link add "node$host" netns "$name-switch" type veth peer name eth0 netns "$name-node$host"
    ip -n "$name-switch" link set "node$host" master switch
    ip -n "$name-switch" link set "node$host" up
    ip -n "$name-node$host" address add "10.77.0.$host/24" dev eth0
    ip -n "$name-node$host" link set eth0 up
    limit "$name-switch" "node$host"
    limit "$name-node$host" eth0
    printf 'node%d slots=%d\n' "$host" "$slots" >>"$scratch/hosts"
    printf 'node%d:%d\n' "$host" "$slots" >>"$scratch/hydra-hosts"
    printf '10.77.0.%d node%d\n' "$host" "$host" >>"$scratch/names"
done
printf '127.0.0.1 localhost\n' >>"$scratch/names"

# Runs a command on a host; the arguments are HOST COMMAND. It gives each host its own name, so that
# Open MPI treats the hosts as different ones and does not use shared memory between them, and an
# /etc/hosts with the names of all hosts.
cat >"$scratch/enter" <<END
#!/usr/bin/env bash
# hydra passes options for ssh.
while [[ \$1 == -* ]]; do shift; done
host=\$1
shift
exec ip netns exec "$name-\$host" unshare --uts --mount --propagation private bash -c '
    hostname "\$0" && mount --bind "$scratch/names" /etc/hosts && exec bash -c "\$*"' "\$host" "\$@"
END
# The program that launchers call instead of ssh. Like ssh, it stays between the launcher and the
# command, so launch/run.sh does not take ranks of another host for ranks of its own.
cat >"$scratch/remote" <<END
#!/usr/bin/env bash
"$scratch/enter" "\$@"
exit \$?
END
# The LRNET_HOST_CHECK command. A reachable host refuses a connection to a closed port; an
# unreachable one does not answer.
cat >"$scratch/check" <<END
#!/usr/bin/env bash
[[ \$1 == "\$(hostname)" ]] && exit 0
LC_ALL=C timeout 2 bash -c "exec 3<>/dev/tcp/\$1/9" 2>&1 | grep -q "Connection refused"
END
chmod +x "$scratch/enter" "$scratch/remote" "$scratch/check"

# Open MPI; its mpirun until version 4, and since version 5; MPICH and its hydra.
network=10.77.0.0/24
export OMPI_MCA_btl_tcp_if_include=$network
export OMPI_MCA_plm_rsh_agent=$scratch/remote
export OMPI_MCA_orte_default_hostfile=$scratch/hosts
export OMPI_MCA_oob_tcp_if_include=$network
export PRTE_MCA_plm_ssh_agent=$scratch/remote
export PRTE_MCA_prte_default_hostfile=$scratch/hosts
export PRTE_MCA_prte_if_include=$network
export HYDRA_LAUNCHER_EXEC=$scratch/remote
export HYDRA_HOST_FILE=$scratch/hydra-hosts
export HYDRA_IFACE=eth0
# UCX finds shared memory between hosts, because they are one machine.
export UCX_TLS=tcp,self UCX_NET_DEVICES=eth0
export LRNET_HOST_CHECK=$scratch/check
export TMPDIR=$scratch

command=()
for argument in "$@"; do command+=("$(printf '%q' "${argument//\{hosts\}/$scratch/hosts}")"); done
cd "${caller_folder:?}"
# Runs in the background, so that a signal to this script reaches the command at once.
"$scratch/enter" node1 "exec ${command[*]}" &
child=$!
for signal in TERM INT HUP USR1 USR2; do
    # shellcheck disable=SC2064  # both are known here
    trap "kill -$signal $child 2>/dev/null || true" "$signal"
done
# Runs in its own process group, so that the subshell and its `sleep` can be killed together.
set -m
(
    trap - EXIT TERM INT HUP USR1 USR2
    sleep "$seconds"
    : >"$scratch/timed-out"
    end_process "$child" 10
) 2>/dev/null &
guard=$!
set +m
status=0
while true; do
    status=0
    wait "$child" || status=$?
    kill -0 "$child" 2>/dev/null || break
done
kill -TERM -- "-$guard" 2>/dev/null || true
wait "$guard" 2>/dev/null || true
if [[ -e $scratch/timed-out ]]; then
    say "virtual-hosts.sh: ended the command after $seconds s (--seconds)"
    status=124
fi
exit "$status"
