import { SandglassError } from '#base/errors.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import type {
  NodeSurvey,
  SurveyedCgroup,
  SurveyedDevice,
  SurveyedKernel,
  SurveyedLink,
  SurveyedMount,
  SurveyedNamespaces,
  SurveyedProcess,
} from '#rpc/contracts.ts';

/** images/guest/survey: prints a line a thing, its fields between tabs. */
const program = '/usr/lib/sandglass/survey';

/** In the order in which the program tells them. */
const namespaces = ['mnt', 'pid', 'net', 'ipc', 'uts', 'cgroup', 'user'] as const;

/** What there is on the node now: one process of the guest's, some milliseconds of its CPU. */
export async function surveyNode(agent: AgentClient, signal?: AbortSignal): Promise<NodeSurvey> {
  let own: number | undefined;
  const { exit, stdout, stderr } = await agent.run(
    { argv: [program] },
    { onStart: (pid) => (own = pid), ...(signal && { signal }) },
  );
  if (exit.code !== 0) {
    const said = new TextDecoder().decode(stderr).trim();
    throw new SandglassError('internal', `The survey of the node failed: ${said}`);
  }
  const survey = parseSurvey(new TextDecoder().decode(stdout));
  return { ...survey, processes: survey.processes.filter(({ pid }) => pid !== own) };
}

/** What the program has printed, on the node or in a pod's machine. */
export function parseSurvey(text: string): NodeSurvey {
  const lines = text.split('\n').filter((line) => line !== '');
  if (lines.pop() !== 'end') {
    throw new SandglassError('data-loss', 'The survey of the node was cut short.');
  }
  const fieldsOf = (kind: string) =>
    lines
      .map((line) => line.split('\t'))
      .filter(([first]) => first === kind)
      .map(([, ...fields]) => fields);
  const ticks = Number(fieldsOf('clock')[0]?.[0] ?? 100);
  const addresses = fieldsOf('address');
  return {
    kernel: kernelOf(fieldsOf('kernel')[0] ?? []),
    devices: fieldsOf('device').map(deviceOf).sort(byNumber),
    processes: fieldsOf('process').map((fields) => processOf(fields, ticks)),
    cgroups: fieldsOf('cgroup').map(cgroupOf),
    links: fieldsOf('link').map((fields) => linkOf(fields, addresses)),
    mounts: fieldsOf('mount').map(mountOf),
  };
}

type Fields = readonly string[];

function kernelOf([release = '', bootId = '', total, available]: Fields): SurveyedKernel {
  return {
    release: unescaped(release),
    bootId,
    memoryTotalBytes: Number(total) * 1024,
    memoryAvailableBytes: Number(available) * 1024,
  };
}

function deviceOf([name = '', driver = '', what = '']: Fields): SurveyedDevice {
  return { name, driver, what: unescaped(what) };
}

/** `virtio10` after `virtio9`. */
function byNumber(one: SurveyedDevice, other: SurveyedDevice): number {
  return one.name.localeCompare(other.name, 'en', { numeric: true });
}

function processOf(fields: Fields, ticks: number): SurveyedProcess {
  const [pid, parent, state = '', memory, time, , ownPid, ...rest] = fields;
  const ids = rest.splice(0, namespaces.length);
  const [cgroup, name, commandLine] = rest.map(unescaped);
  return {
    pid: Number(pid),
    parentPid: Number(parent),
    ownPid: Number(ownPid),
    state,
    residentBytes: Number(memory) * 1024,
    cpuMilliseconds: (Number(time) * 1000) / ticks,
    namespaces: Object.fromEntries(
      namespaces.map((kind, index) => [kind, Number(ids[index])]),
    ) as unknown as SurveyedNamespaces,
    cgroup: cgroup ?? '',
    name: name ?? '',
    commandLine: commandLine ?? '',
  };
}

function cgroupOf(fields: Fields): SurveyedCgroup {
  const [path = '', memory, memoryMax, cpu, cpuMax, cpuWeight, pids] = fields;
  return {
    path: unescaped(path),
    ...numberAs('memoryBytes', memory),
    ...numberAs('memoryLimitBytes', memoryMax),
    cpuMilliseconds: Number(cpu) / 1000,
    ...(cpuMax !== undefined && cpuMax !== '-' && { cpuMax }),
    ...numberAs('cpuWeight', cpuWeight),
    ...numberAs('processes', pids),
  };
}

/** Nothing where the group has no such file, or no limit. */
function numberAs<Name extends string>(
  name: Name,
  text: string | undefined,
): Partial<Record<Name, number>> {
  const isNumber = text !== undefined && /^\d+$/.test(text);
  return isNumber ? ({ [name]: Number(text) } as Record<Name, number>) : {};
}

function linkOf(fields: Fields, addresses: readonly Fields[]): SurveyedLink {
  const [namespace = '', index = '', peer, master, state, kind, name = '', hardware = ''] = fields;
  const [received, sent] = fields.slice(8);
  return {
    namespace: Number(namespace),
    index: Number(index),
    peer: Number(peer),
    master: Number(master),
    up: state === 'up',
    kind: kind === '-' ? undefined : kind,
    name: unescaped(name),
    hardwareAddress: hardware,
    addresses: addresses
      .filter(([space, of]) => space === namespace && of === index)
      .map(([, , address = '']) => address),
    receivedBytes: Number(received),
    sentBytes: Number(sent),
  };
}

function mountOf(fields: Fields): SurveyedMount {
  const [namespace, root = '', point = '', options = '', type = '', source = ''] = fields;
  return {
    namespace: Number(namespace),
    root: withoutOctal(root),
    point: withoutOctal(point),
    readOnly: options.split(',').includes('ro'),
    type,
    source: withoutOctal(source),
  };
}

function unescaped(text: string): string {
  return text.replace(/\\x([0-9a-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

/** As the kernel writes spaces and the like in mountinfo: proc_pid_mountinfo(5). */
function withoutOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
