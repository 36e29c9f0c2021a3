import type { Clock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import type { NodeUsage } from '#kubelet/ports.ts';

/** Where the kubelet's and the images' files are. */
const storage = '/var/lib';

/** One process for all: each costs the node's one CPU some milliseconds. */
const counters = ['/proc/meminfo', '/proc/stat', '/proc/net/dev', '/sys/fs/cgroup/cpu.stat'];

/** The counters of the node as a whole, now. */
export async function readNodeUsage(
  agent: AgentClient,
  clock: Clock,
  signal?: AbortSignal,
): Promise<NodeUsage> {
  const [text, disk] = await Promise.all([
    output(agent, ['cat', ...counters], signal),
    readDiskUsage(agent, signal),
  ]);
  const kibibytes = (name: string) => field(text, new RegExp(`^${name}: +(\\d+) kB$`, 'm')) * 1024n;
  const [received, sent] = networkBytes(text);
  const [total, free, inactive, available] = [
    'MemTotal',
    'MemFree',
    'Inactive\\(file\\)',
    'MemAvailable',
  ].map(kibibytes) as [bigint, bigint, bigint, bigint];
  const used = total - free;
  return {
    time: clock.wallTime(),
    cpuNanoSeconds: field(text, /^usage_usec (\d+)$/m) * 1000n,
    memoryUsageBytes: used,
    memoryWorkingSetBytes: used > inactive ? used - inactive : 0n,
    memoryAvailableBytes: available,
    memoryRssBytes: kibibytes('AnonPages'),
    storageAvailableBytes: BigInt(disk.available),
    storageUsedBytes: BigInt(disk.used),
    networkReceivedBytes: received,
    networkSentBytes: sent,
    bootTime: Number(field(text, /^btime (\d+)$/m)) * 1000,
  };
}

export interface DiskUsage {
  /** Bytes. */
  total: number;
  used: number;
  available: number;
}

/** Of the file system that holds the kubelet's files. */
export async function readDiskUsage(agent: AgentClient, signal?: AbortSignal): Promise<DiskUsage> {
  const table = await output(agent, ['df', '-kP', storage], signal);
  const numbers = / (\d+) +(\d+) +(\d+) +\d+%/.exec(table)?.slice(1).map(Number);
  const [total, used, available] = numbers ?? [];
  if (total === undefined || used === undefined || available === undefined) {
    throw new SandglassError('internal', `df on the node said of ${storage}: ${table}`);
  }
  return { total: total * 1024, used: used * 1024, available: available * 1024 };
}

async function output(
  agent: AgentClient,
  argv: readonly string[],
  signal?: AbortSignal,
): Promise<string> {
  const { exit, stdout, stderr } = await agent.run({ argv }, signal ? { signal } : {});
  if (exit.code === 0) return new TextDecoder().decode(stdout);
  const said = new TextDecoder().decode(stderr).trim();
  throw new SandglassError('internal', `${argv[0]} failed on the node: ${said}`);
}

function field(text: string, pattern: RegExp): bigint {
  const digits = pattern.exec(text)?.[1];
  if (digits === undefined) {
    throw new SandglassError('internal', `The node's counters have no ${pattern.source}.`);
  }
  return BigInt(digits);
}

/** proc(5), /proc/net/dev: bytes received and sent over eth0. */
function networkBytes(text: string): [bigint, bigint] {
  const numbers = /^ *eth0: *(.*)$/m.exec(text)?.[1]?.split(/ +/) ?? [];
  return [BigInt(numbers[0] ?? 0), BigInt(numbers[8] ?? 0)];
}
