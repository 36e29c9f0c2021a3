# The calls of the CRI that a toy runtime needs beside the two that make something. A script that is run as
# `toy METHOD` reads this first. Requests come as variables: CONFIG_METADATA_NAME is config.metadata.name.

set -e
export TZ=UTC
method=$1
records=/run/toy
nothing={}
network='{ "cniVersion": "1.0.0", "name": "sandglass", "type": "bridge", "bridge": "cni0", "isGateway": true,
  "hairpinMode": true, "ipam": { "type": "host-local", "ranges": [[{ "subnet": "10.244.0.0/24" }]],
  "routes": [{ "dst": "0.0.0.0/0" }] } }'

# --- lists: the kubelet asks for them again and again, so all else is read only after them ---------------------

ListPodSandbox() {
  local path between=
  printf '{"items":['
  for path in "$records"/toy-*; do
    [ -e "$path/metadata" ] && [ ! -e "$path/sandbox" ] || continue
    printf '%s' "$between"
    between=,
    about "${path##*/}"
  done
  printf ']}\n'
}

ListContainers() {
  local path between=
  printf '{"containers":['
  for path in "$records"/toy-*; do
    [ -e "$path/sandbox" ] || continue
    printf '%s' "$between"
    between=,
    about "${path##*/}"
  done
  printf ']}\n'
}

# about ID [network|life]: a sandbox or container as the CRI's messages have it.
about() {
  local id=$1 sandbox
  recall "$id" sandbox
  sandbox=$REPLY
  printf '{"id":"%s"' "$id"
  field "$id" metadata metadata
  field "$id" labels labels
  field "$id" annotations annotations
  field "$id" createdAt created
  if [ -n "$sandbox" ]; then
    [ -n "$2" ] || printf ',"podSandboxId":"%s"' "$sandbox"
    container_state "$id"
    printf ',"state":"CONTAINER_%s"' "$REPLY"
    field "$id" image image
    recall "$id" imageId
    printf ',"imageRef":"%s","imageId":"%s"' "$REPLY" "$REPLY"
  else
    sandbox_state "$id"
    printf ',"state":"SANDBOX_%s","runtimeHandler":"toy"' "$REPLY"
  fi
  if [ "$2" = network ]; then
    recall "$id" address
    printf ',"network":{"ip":"%s"}' "$REPLY"
  elif [ "$2" = life ]; then
    field "$id" startedAt started
    field "$id" finishedAt finished
    field "$id" exitCode exit
    recall "$id" log
    printf ',"logPath":"%s"' "$REPLY"
    recall "$id" exit
    [ -z "$REPLY" ] || printf ',"reason":"%s"' "$([ "$REPLY" = 0 ] && echo Completed || echo Error)"
  fi
  printf '}'
}

# field ID FIELD NAME: what is remembered, as it stands.
field() {
  recall "$1" "$3"
  [ -z "$REPLY" ] || printf ',"%s":%s' "$2" "$REPLY"
}

sandbox_state() {
  recall "$1" pid
  if is_alive "$REPLY"; then REPLY=READY; else REPLY=NOTREADY; fi
}

container_state() {
  recall "$1" exit
  if [ -n "$REPLY" ]; then
    REPLY=EXITED
    return
  fi
  recall "$1" pid
  if [ -z "$REPLY" ]; then REPLY=CREATED; elif is_alive "$REPLY"; then REPLY=RUNNING; else REPLY=EXITED; fi
}

is_alive() {
  [ -n "$1" ] && [ -e "/proc/$1/ns/net" ]
}

# recall ID NAME: gives the value as $REPLY; nothing if it was not remembered.
recall() {
  REPLY=
  [ -e "$records/$1/$2" ] || return 0
  IFS= read -r -d '' REPLY <"$records/$1/$2" || true
  REPLY=${REPLY%$'\n'}
}

case $method in List*)
  "$method"
  exit
  ;;
esac

# --- for RunPodSandbox and CreateContainer -------------------------------------------------------------------

# new_record: chooses an id, as $id, and remembers what every list has to show of it.
new_record() {
  local new
  read -r id </proc/sys/kernel/random/uuid
  new=new-$id
  id=toy-$id
  mkdir -p "$records/$new"
  now
  remember "$new" created "$REPLY"
  remember "$new" metadata "${CONFIG_METADATA:-$nothing}"
  remember "$new" labels "${CONFIG_LABELS:-$nothing}"
  remember "$new" annotations "${CONFIG_ANNOTATIONS:-$nothing}"
  if [ "$method" = CreateContainer ]; then
    remember "$new" image "${CONFIG_IMAGE:-$nothing}"
    remember "$new" imageId "$CONFIG_IMAGE_IMAGE"
    remember "$new" log "$SANDBOX_CONFIG_LOG_DIRECTORY/$CONFIG_LOG_PATH"
  fi
  mv "$records/$new" "$records/$id"
  trap 'if [ $? != 0 ]; then discard "$id"; fi' EXIT
}

# remember ID NAME VALUE
remember() {
  printf '%s\n' "$3" >"$records/$1/$2"
}

# join_network ID PID: CNI ADD for the network namespace of a process. Gives the address as $REPLY.
join_network() {
  local tries result
  [ -n "$2" ] || fail 'no process has been started'
  for ((tries = 0; ; tries++)); do
    [ ! "/proc/$2/ns/net" -ef /proc/self/ns/net ] && break
    [ "$tries" -lt 50 ] || fail "process $2 has no network namespace of its own"
    sleep 0.1
  done
  [ -e "/proc/$2/ns/net" ] || fail "process $2 has ended"
  result=$(cni ADD "$1" "/proc/$2/ns/net") || fail "the network plugin failed: $result"
  [[ $result =~ \"address\":\ *\"([0-9.]+)/ ]] || fail "the network plugin gave no address: $result"
  REPLY=${BASH_REMATCH[1]}
  remember "$1" address "$REPLY"
}

# answer FIELD VALUE: the response.
answer() {
  printf '{"%s":"%s"}\n' "$1" "$2"
}

# fail [CODE:] SENTENCE: the call's error.
fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# --- calls that only read ------------------------------------------------------------------------------------

PodSandboxStatus() {
  find_record "$POD_SANDBOX_ID"
  printf '{"status":'
  about "$id" network
  printf '}\n'
}

ContainerStatus() {
  find_record "$CONTAINER_ID"
  printf '{"status":'
  about "$id" life
  printf '}\n'
}

# --- calls that begin and end --------------------------------------------------------------------------------

StartContainer() {
  local pid
  find_record "$CONTAINER_ID"
  # The supervisor says when the container runs, and then goes on without us.
  read -r pid < <(setsid "$0" supervise "$id" </dev/null) || fail "the container's supervisor did not start"
}

# supervise ID: the container's parent, which keeps its log and learns how it ends.
supervise() {
  local container=$1 sandbox pid code=0
  recall "$container" log
  local log=$REPLY
  recall "$container" sandbox
  recall "$REPLY" pid
  sandbox=$REPLY
  recall "$container" command
  eval "set -- $REPLY"
  nsenter --target "$sandbox" --net --ipc --uts -- "$@" > >(write_log stdout "$log") 2> >(write_log stderr "$log") &
  pid=$!
  remember "$container" pid "$pid"
  now
  remember "$container" started "$REPLY"
  echo "$pid"
  exec >/dev/null 2>&1
  wait "$pid" || code=$?
  now
  remember "$container" finished "$REPLY"
  remember "$container" exit "$code"
}

# write_log STREAM FILE: what a kubelet's log is made of, line by line.
write_log() {
  local line now time
  while IFS= read -r line || [ -n "$line" ]; do
    now=$EPOCHREALTIME
    printf -v time '%(%Y-%m-%dT%H:%M:%S)T' "${now%.*}"
    printf '%s.%s000Z %s F %s\n' "$time" "${now#*.}" "$1" "$line" >>"$2"
  done
}

StopContainer() {
  find_record "$CONTAINER_ID" || return 0
  end_container "$id" "${TIMEOUT:-0}"
}

RemoveContainer() {
  find_record "$CONTAINER_ID" || return 0
  end_container "$id" 0
  rm -r "${records:?}/$id"
}

StopPodSandbox() {
  local path
  find_record "$POD_SANDBOX_ID" || return 0
  for path in "$records"/toy-*; do
    recall "${path##*/}" sandbox
    [ "$REPLY" != "$id" ] || end_container "${path##*/}" 0
  done
  end_sandbox "$id"
}

RemovePodSandbox() {
  local path sandbox
  StopPodSandbox
  sandbox=$id
  for path in "$records"/toy-*; do
    recall "${path##*/}" sandbox
    [ "$REPLY" != "$sandbox" ] || rm -r "$path"
  done
  [ ! -e "$records/$sandbox" ] || rm -r "${records:?}/$sandbox"
}

# --- what they are made of -----------------------------------------------------------------------------------

# find_record PREFIX: the whole id, as $id.
find_record() {
  local path
  for path in "$records/$1"*; do
    [ -e "$path/metadata" ] || break
    id=${path##*/}
    return 0
  done
  id=$1
  case $method in Stop* | Remove*) return 1 ;; esac
  fail "NotFound: the toy runtime has no $1"
}

# end_container ID SECONDS: asks its process to end, and after that time no longer asks.
end_container() {
  local pid tries
  recall "$1" pid
  pid=$REPLY
  is_alive "$pid" || return 0
  kill -TERM "$pid"
  for ((tries = 0; tries < $2 * 10; tries++)); do
    is_alive "$pid" || return 0
    sleep 0.1
  done
  kill -KILL "$pid" 2>/dev/null || true
  while is_alive "$pid"; do sleep 0.1; done
}

# end_sandbox ID: ends every process in its network namespace, and gives its address back.
end_sandbox() {
  local pid process
  recall "$1" pid
  pid=$REPLY
  if is_alive "$pid"; then
    recall "$1" address
    [ -z "$REPLY" ] || cni DEL "$1" "/proc/$pid/ns/net" >/dev/null || true
    for process in /proc/[0-9]*; do
      if [ "$process/ns/net" -ef "/proc/$pid/ns/net" ] && [ "$process" != "/proc/$pid" ]; then
        kill -KILL "${process##*/}" 2>/dev/null || true
      fi
    done
    kill -KILL "$pid" 2>/dev/null || true
  else
    recall "$1" address
    [ -z "$REPLY" ] || cni DEL "$1" '' >/dev/null || true
  fi
  rm -f "$records/$1/address"
}

discard() {
  [ -e "$records/$1/sandbox" ] || end_sandbox "$1"
  rm -r "${records:?}/$1"
}

# cni COMMAND ID NAMESPACE
cni() {
  CNI_COMMAND=$1 CNI_CONTAINERID=$2 CNI_NETNS=$3 CNI_IFNAME=eth0 CNI_PATH=/opt/cni/bin \
    /opt/cni/bin/bridge <<<"$network"
}

# now: nanoseconds since 1970, as $REPLY.
now() {
  REPLY=${EPOCHREALTIME/./}000
}
