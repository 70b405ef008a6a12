#!/bin/sh
# A Slurm cluster of one node in one folder, for tests: `one-node.sh start FOLDER` and `one-node.sh stop FOLDER`.
# Needs slurmctld, slurmd and munged (Debian: slurm-wlm, munge). Changes nothing outside the folder; the
# environment that talks to it is written to FOLDER/environment.
set -eu
verb=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)

stop() {
    for daemon in slurmd slurmctld munged; do
        if [ -f "$folder/$daemon.pid" ]; then
            kill "$(cat "$folder/$daemon.pid")" 2>/dev/null || true
        fi
    done
}

if [ "$verb" = stop ]; then
    stop
    exit 0
fi

user=$(id -un)
host=$(hostname -s)
memory=$(awk '/MemTotal/ { print int($2 / 2048) }' /proc/meminfo)
# Ports from the process number, so that two tests can run side by side.
port=$((20000 + $$ % 20000))
umask 022
mkdir -p "$folder/state" "$folder/spool" "$folder/munge" "$folder/seed"
chmod 755 "$folder"
dd if=/dev/urandom of="$folder/munge.key" bs=1024 count=1 2>/dev/null
chmod 600 "$folder/munge.key"
socket="$folder/munge/socket"

cat > "$folder/slurm.conf" <<CONF
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$socket
CredType=cred/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
SlurmctldPort=$port
SlurmdPort=$((port + 1))
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SlurmctldTimeout=30
SlurmdTimeout=30
MinJobAge=10
SchedulerParameters=sched_interval=1,batch_sched_delay=0
SwitchType=switch/none
MpiDefault=none
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$memory State=UNKNOWN
PartitionName=test Nodes=$host Default=YES MaxTime=01:00:00 State=UP
CONF
# Versions from 24 on can do without control groups; earlier ones look for what is mounted.
if [ "$(slurmd -V | sed 's/[^0-9]*\([0-9]*\).*/\1/')" -ge 24 ]; then
    printf 'CgroupPlugin=disabled\n' > "$folder/cgroup.conf"
else
    : > "$folder/cgroup.conf"
fi

SLURM_CONF="$folder/slurm.conf"
export SLURM_CONF
printf 'SLURM_CONF=%s\n' "$SLURM_CONF" > "$folder/environment"

complain() {
    echo "$1" >&2
    tail -n 20 "$folder/munged.log" "$folder/slurmctld.log" "$folder/slurmd.log" >&2 || true
    stop
    exit 1
}

munged --force --key-file="$folder/munge.key" --socket="$socket" --pid-file="$folder/munged.pid" \
    --log-file="$folder/munged.log" --seed-file="$folder/seed/seed" || complain "munged did not start"
slurmctld -c || complain "the controller did not start"
slurmd -N "$host" -c || complain "the node did not start"
for _ in $(seq 60); do
    if sinfo --noheader --format=%T 2>/dev/null | grep -qx idle; then
        exit 0
    fi
    sleep 0.5
done
complain "the node did not become idle"
