import { quote } from '#base/shell-quote.ts';
import type { RecordOf, TraceRecord } from '#base/trace-records.ts';
import type { TraceEvent } from '#ui/xray/events/trace-event.ts';
import { crictlCommand } from './crictl.ts';
import { commandLine, hereDocument } from './shell.ts';

/** A command line that does the same, or, where that would do it again for no use, shows what was done. */
export interface Equivalent {
  /** `same`: it does what the event did. `shows`: it shows what came of it. */
  kind: 'same' | 'shows';
  command: string;
}

export function equivalentOf({ records, links }: TraceEvent): Equivalent | undefined {
  const [record] = records;
  if (!record) return undefined;
  switch (record.kind) {
    case 'cri-call': {
      const command = crictlCommand(record.method, record.request);
      return command === undefined ? undefined : { kind: 'same', command };
    }
    case 'api-write':
      return kubectl(record);
    case 'oci':
      return { kind: 'same', command: commandLine(...record.argv) };
    case 'cni':
      return { kind: 'same', command: cniCommand(record) };
    case 'agent-call':
    case 'agent-return':
      return links.sandboxId === undefined
        ? undefined
        : { kind: 'shows', command: commandLine('kata-runtime', 'exec', links.sandboxId) };
    case 'ninep':
      return links.sandboxId === undefined
        ? undefined
        : { kind: 'shows', command: commandLine('ls', '-l', sharedDirectory(links.sandboxId)) };
    case 'process':
      return record.event === 'exit' || links.pid === undefined
        ? undefined
        : { kind: 'shows', command: `lsns -p ${links.pid}; cat /proc/${links.pid}/cgroup` };
    case 'schedule':
      return ofPod(record, (name, namespace) => [
        ...['kubectl', 'get', 'events', '-n', namespace],
        ...['--field-selector', `involvedObject.name=${name}`],
      ]);
    case 'pod-worker':
    case 'sync-loop':
      return ofPod(record, (name, namespace) => [
        ...['kubectl', 'get', 'pod', name, '-n', namespace, '-o', 'yaml'],
      ]);
    default:
      return undefined;
  }
}

/** What a pod's machine sees of the node's files (src/runtimes/kata/kata-paths.ts). */
function sharedDirectory(sandboxId: string): string {
  return `/run/kata-containers/shared/sandboxes/${sandboxId}/shared`;
}

function kubectl(record: RecordOf<'api-write'>): Equivalent {
  const { verb, resource, namespace, name, subresource } = record;
  const of = [resource, name, ...(namespace === undefined ? [] : ['-n', namespace])];
  if (verb === 'delete' && subresource === undefined)
    return { kind: 'same', command: commandLine('kubectl', 'delete', ...of) };
  return { kind: 'shows', command: commandLine('kubectl', 'get', ...of, '-o', 'yaml') };
}

function ofPod(
  { pod }: TraceRecord,
  words: (name: string, namespace: string) => readonly string[],
): Equivalent | undefined {
  return pod && { kind: 'shows', command: commandLine(...words(pod.name, pod.namespace)) };
}

/** As libcni runs a plugin (SPEC.md of CNI, section 2): parameters in the environment, the configuration on its input. */
function cniCommand({ command, plugin, netns, configuration, sandboxId }: RecordOf<'cni'>): string {
  const file = 'net.json';
  const parameters = {
    CNI_COMMAND: command,
    CNI_CONTAINERID: sandboxId ?? '',
    CNI_NETNS: netns,
    CNI_IFNAME: 'eth0',
    CNI_PATH: '/opt/cni/bin',
  };
  const environment = Object.entries(parameters).map(([name, value]) => `${name}=${quote(value)}`);
  return [
    hereDocument(file, JSON.stringify(configuration, undefined, 2)),
    [...environment, quote(`/opt/cni/bin/${plugin}`), '<', file].join(' '),
  ].join('\n');
}
