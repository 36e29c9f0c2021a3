import type { RecordOf, SyncLoopSource, TraceRecord } from '#base/trace-records.ts';
import { words } from '#ui/words/words.ts';

const httpVerbs = {
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  binding: 'POST',
};

/** As the kubelet's own log has them (pkg/kubelet/kubelet.go, syncLoopIteration). */
const sourceNames: Readonly<Record<SyncLoopSource, string>> = {
  config: 'SyncLoop',
  pleg: 'SyncLoop (PLEG)',
  sync: 'SyncLoop (SYNC)',
  housekeeping: 'SyncLoop (housekeeping)',
  liveness: 'SyncLoop (probe, liveness)',
  readiness: 'SyncLoop (probe, readiness)',
  startup: 'SyncLoop (probe, startup)',
  'container-manager': 'SyncLoop (container manager)',
};

/** pkg/kubelet/pod_workers.go */
const passes = {
  sync: 'syncPod',
  terminating: 'syncTerminatingPod',
  terminated: 'syncTerminatedPod',
};

/** What a record's event is called: where the field has a term for it, by that, which no locale translates. */
export function titleOf(record: TraceRecord): string {
  switch (record.kind) {
    case 'api-write':
      return `${httpVerbs[record.verb]} ${objectPath(record)}`;
    case 'schedule':
      return record.node === undefined ? 'FailedScheduling' : words.traceTitles.bind(record.node);
    case 'sync-loop':
      return record.source === 'sync' || record.source === 'housekeeping'
        ? sourceNames[record.source]
        : `${sourceNames[record.source]} ${record.operation}`;
    case 'pod-worker':
      return passes[record.phase];
    case 'cri-call':
    case 'cri-message':
    case 'cri-return':
    case 'agent-call':
    case 'agent-return':
      return record.method;
    case 'ninep':
      return record.refused === undefined ? record.name : `${record.name} ${record.refused}`;
    case 'frame':
      return words.traceTitles.ethernet[record.from](record.protocol);
    case 'vm-traffic':
      return words.traceTitles.traffic(
        record.ninep.requests,
        record.frames.fromGuest + record.frames.fromNode,
      );
    case 'stream':
      return streamTitle(record);
    case 'cni':
      return `CNI ${record.command} ${record.plugin}`;
    case 'oci':
      return [record.argv[0]?.replace(/.*\//, ''), ociCommand(record.argv)].join(' ').trim();
    case 'process':
      return processTitle(record);
    case 'lost':
      return words.traceTitles.lost(record.count, record.what);
  }
}

/** Of a connection to the streaming server: by what its path begins with, such as `exec`. */
function streamTitle(record: RecordOf<'stream'>): string {
  if (record.event === 'frame') return words.traceTitles.frame[record.from](record.name);
  if (record.event === 'close') return words.traceTitles.close;
  const what = record.path.split('/')[1] ?? '';
  return record.event === 'open'
    ? words.traceTitles.stream(what)
    : words.traceTitles.refused(what, record.status);
}

/** `pods/web/status`. */
export function objectPath(record: RecordOf<'api-write'>): string {
  const { verb, resource, name } = record;
  const subresource = record.subresource ?? (verb === 'binding' ? 'binding' : undefined);
  return [resource, name, ...(subresource === undefined ? [] : [subresource])].join('/');
}

/** The first word that is no option, nor the value of one. */
function ociCommand([, ...argv]: readonly string[]): string {
  return (
    argv.find((word, index) => /^[A-Za-z]+$/.test(word) && !argv[index - 1]?.startsWith('--')) ?? ''
  );
}

function processTitle({ event, name, exit }: RecordOf<'process'>): string {
  if (event === 'exit') return `exit ${exit ?? ''}`.trim();
  return name ?? 'fork';
}
