#!/usr/bin/env bash
# Functions that start ranks with any of these launchers. common.sh sources this file.
#
#     kind      commands                                       MPI library
#     openmpi   mpirun, mpiexec                                Open MPI 3 to 5
#     hydra     mpiexec, mpiexec.hydra, mpirun                 MPICH, Intel MPI, MVAPICH
#     srun      srun --mpi=pmix                                Open MPI
#               srun --mpi=pmi2                                MPICH, Intel MPI, MVAPICH
#
# Environment:
#
#     LRNET_LAUNCHER      the launcher (default: mpirun)
#     LRNET_MPI           the MPI library: openmpi, mpich or a path (default: that of the launcher)
#     LRNET_SRUN_MPI      srun's --mpi (default: pmix, or pmi2 if LRNET_MPI is mpich or srun has no pmix)
#     MAP_BY              placement of ranks, as Open MPI's --map-by
#     MPI_OPTIONS         more options for the launcher
#     MPI_QUIET           set it to nothing to see the messages of Open MPI 4's mpirun
#
# It defines:
#
#     find_launcher               sets `launcher` and `launcher_kind`; exits (66) if there is none
#     prepare_ranks N COMMAND...  sets launch_command: N ranks of COMMAND on this host, or on the
#                                 nodes of the Slurm job
#     prepare_hosts FILE N ...    sets launch_command: N ranks of a command on the hosts of a host file
#     host_names FILE             prints the hosts of a host file, one per line
#     slot_count FILE             prints the sum of their slots
#     default_placement FILE N    prints how Open MPI places N ranks on them (--map-by)
#     cause CODE                  prints the cause of an exit code after which the same command may
#                                 succeed; nothing for other codes

launch_command=()
launcher=
launcher_kind=
launcher_version=

find_launcher() {
    [[ -z $launcher ]] || return 0
    launcher=${LRNET_LAUNCHER:-mpirun}
    command -v "$launcher" >/dev/null || {
        [[ -n ${LRNET_LAUNCHER-} ]] ||
            fail 66 "mpirun is not on the PATH; install Open MPI or MPICH, or set LRNET_LAUNCHER"
        fail 66 "LRNET_LAUNCHER=$launcher is not on the PATH"
    }
    launcher_version=$("$launcher" --version 2>&1) || true
    launcher_version=${launcher_version%%$'\n'*}
    case $launcher_version in
    *"Open MPI"* | *PRRTE*) launcher_kind=openmpi ;;
    *HYDRA* | *"Intel(R) MPI"*) launcher_kind=hydra ;;
    slurm*) launcher_kind=srun ;;
    *) fail 66 "$launcher is not a known launcher: it calls itself '$launcher_version'" ;;
    esac
}

# Prints srun's option for the MPI library.
srun_mpi() {
    if [[ -n ${LRNET_SRUN_MPI-} ]]; then
        printf '%s\n' "$LRNET_SRUN_MPI"
    elif [[ ${LRNET_MPI-} != mpich && $(srun --mpi=list 2>&1) == *pmix* ]]; then
        printf 'pmix\n'
    else
        printf 'pmi2\n'
    fi
}

# Starts launch_command with the launcher and the options that every launch has.
#
# Ranks are not bound to cores. Otherwise, with one or two ranks, mpirun binds each rank and all its
# threads to a single core.
begin_command() {
    local ranks=$1
    find_launcher
    case $launcher_kind in
    openmpi)
        launch_command=("$launcher")
        # Open MPI 5 cannot be quiet.
        if [[ $launcher_version =~ \(Open\ MPI\)\ [34]\. && -n ${MPI_QUIET---quiet} ]]; then
            launch_command+=(--quiet)
        fi
        launch_command+=(-n "$ranks" --bind-to none)
        ;;
    hydra)
        launch_command=("$launcher" -n "$ranks" -bind-to none)
        # Intel MPI does not know -bind-to.
        if [[ $launcher_version == *"Intel(R) MPI"* ]]; then
            launch_command=("$launcher" -n "$ranks" -genv I_MPI_PIN=off)
        fi
        ;;
    srun)
        # Consecutive ranks share a node: they exchange first, and send only their sum to others.
        launch_command=(srun "--mpi=$(srun_mpi)" -n "$ranks" --distribution=block --cpu-bind=none)
        launch_command+=(--kill-on-bad-exit=1)
        ;;
    esac
}

add_options() {
    local -a more
    read -r -a more <<<"${MPI_OPTIONS-}"
    launch_command+=(${more[@]+"${more[@]}"})
}

prepare_ranks() {
    local ranks=$1 cores
    shift
    require_count "$ranks"
    begin_command "$ranks"
    cores=$(core_count)
    if [[ -n ${SLURM_JOB_ID-} ]]; then
        # mpirun finds the nodes of the job by itself.
        if [[ $launcher_kind == openmpi ]]; then launch_command+=(--map-by "${MAP_BY:-slot}"); fi
    elif ((ranks > cores)); then
        say "$ranks ranks share $cores cores"
        # Ranks beyond the cores yield while they wait: the results are correct, but training is
        # slow.
        if [[ $launcher_kind == openmpi ]]; then launch_command+=(--oversubscribe); fi
    fi
    add_options
    launch_command+=("$@")
}

prepare_hosts() {
    local hostfile=$1 ranks=$2 name
    shift 2
    require_count "$ranks"
    begin_command "$ranks"
    case $launcher_kind in
    openmpi)
        launch_command+=(--hostfile "$hostfile")
        launch_command+=(--map-by "${MAP_BY:-$(default_placement "$hostfile" "$ranks")}")
        launch_command+=(-x OPENBLAS_NUM_THREADS --wdir "$repository_root")
        for name in LD_LIBRARY_PATH OPENBLAS_CORETYPE LRNET_MPI; do
            if [[ -n ${!name-} ]]; then launch_command+=(-x "$name"); fi
        done
        ;;
    # hydra passes on the whole environment.
    hydra)
        launch_command+=(-hosts "$(hydra_hosts "$hostfile" "$ranks")" -wdir "$repository_root")
        ;;
    srun) fail 64 "srun starts ranks on the nodes of its job; leave out the host file" ;;
    esac
    add_options
    launch_command+=("$@")
}

host_names() { sed 's/#.*//' "$1" | awk 'NF { print $1 }'; }

# Prints each host and its slots.
host_slots() {
    sed 's/#.*//' "$1" |
        awk 'NF {
                 n = 1
                 for (i = 2; i <= NF; i++) if ($i ~ /^slots=/) n = substr($i, 7)
                 if (!($1 in slots)) order[++hosts] = $1
                 slots[$1] += n
             }
             END { for (i = 1; i <= hosts; i++) print order[i], slots[order[i]] }'
}

slot_count() { host_slots "$1" | awk '{ sum += $2 } END { print sum + 0 }'; }

# Consecutive ranks are on one host, because the ranks of a host exchange first and send only their
# sum to other hosts. If the ranks cannot be divided evenly, they are dealt to the hosts in turns. If a
# host has fewer slots than its share, mpirun fills one host after another.
default_placement() {
    host_slots "$1" |
        awk -v ranks="$2" '
            { slots[NR] = $2 }
            END {
                if (NR == 0) exit
                if (ranks % NR) { print "node"; exit }
                share = ranks / NR
                for (i = 1; i <= NR; i++) if (slots[i] < share) { print "slot"; exit }
                printf "ppr:%d:node\n", share
            }'
}

# Prints hydra's list of hosts, such as node1:2,node2:2: the same share of the ranks for each host, or
# all its slots if the ranks cannot be divided evenly.
hydra_hosts() {
    host_slots "$1" |
        awk -v ranks="$2" '
            { host[NR] = $1; slots[NR] = $2; if (NR == 1 || $2 < least) least = $2 }
            END {
                isEven = NR && ranks % NR == 0 && ranks / NR <= least
                for (i = 1; i <= NR; i++)
                    printf "%s%s:%d", (i > 1 ? "," : ""), host[i], (isEven ? ranks / NR : slots[i])
                print ""
            }'
}

# A rank that is ended by signal N has exit code 128 + N with mpirun and srun, and N with hydra.
cause() {
    case $1 in
    1 | 255) echo "${launcher##*/} failed or was killed" ;;
    74) echo "input/output or a peer failed" ;;
    75) echo "stopped early with a checkpoint" ;;
    81) echo "stalled" ;;
    6 | 134) echo "a rank aborted" ;;
    9 | 137) echo "a rank was killed, perhaps for lack of memory" ;;
    10 | 12 | 138 | 140) echo "a rank was asked to stop before it could handle signals" ;;
    7 | 11 | 135 | 139) echo "a rank crashed: invalid memory access" ;;
    15 | 143) echo "a rank was terminated" ;;
    esac
}
