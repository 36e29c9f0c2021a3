import type { RunningNode } from '#cluster/running-node.ts';
import { shell } from '../machine/node.ts';

/**
 * What pods may leave behind on a node, a line each: its kind and what it is. Kernel threads and this script's own
 * process are not among it.
 */
const script = String.raw`
  shopt -s nullglob dotglob
  tell() { local kind=$1 item; shift; for item; do echo "$kind $item"; done; }
  below() { [ -e "$2" ] && find "$2" -mindepth 1 -maxdepth "$3" ! -name last_reserved_ip.0 ! -name lock | sed "s,^,$1 ,"; }
  tell netns /run/netns/*
  tell link /sys/class/net/*
  while read -r _ _ _ _ target rest; do tell mount "$target \${rest#* - }"; done < /proc/self/mountinfo
  find /sys/fs/cgroup -mindepth 1 -type d | sed 's,^,cgroup ,'
  below address /var/lib/cni/networks 2
  below record /var/lib/cni/results 1
  below record /run/sandglass 3
  below runtime /run/crun 1
  below runtime /run/runc 1
  below overlay /var/lib/sandglass/containers 1
  below image /var/lib/sandglass/images 2
  below kubelet /var/lib/kubelet 2
  below log /var/log/pods 2
  below log /var/log/containers 1
  below temporary /tmp 1
  iptables -t nat -S 2> /dev/null | grep -E 'CNI-(DN|SN)-' | sed 's,^,rule ,'
  for process in /proc/[0-9]*; do
    read -r line < $process/stat || continue
    read -r state parent _ <<< "\${line##*) }"
    [ $process = /proc/$$ ] || [ $parent = $$ ] || [ $parent = 2 ] || [ $process = /proc/2 ] && continue
    mapfile -d '' -t words < $process/cmdline
    tell process "$state \${words[*]:-$line}"
  done 2> /dev/null
  descriptors=(/proc/AGENT/fd/*)
  tell descriptors "of the agent: \${#descriptors[@]}"
`.replaceAll('\\$', '$');

/** Whether a process runs or sleeps changes by itself. Of the states only a zombie's tells something. */
function withoutState(line: string): string {
  return line.replace(/^process [A-Y] /, 'process ');
}

export type Inventory = readonly string[];

export async function takeInventory(node: RunningNode): Promise<Inventory> {
  const text = await shell(node, script.replaceAll('AGENT', String(node.agent.pid)));
  return text.trimEnd().split('\n').map(withoutState).sort();
}

export interface InventoryChange {
  more: Inventory;
  less: Inventory;
}

/** A line that is there twice and was there once is one more. */
export function compareInventories(before: Inventory, after: Inventory): InventoryChange {
  return { more: missingFrom(before, after), less: missingFrom(after, before) };
}

function missingFrom(those: Inventory, these: Inventory): Inventory {
  const left = [...those];
  return these.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
