import { SandglassError, asSandglassError } from '#base/errors.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import type { FileStatus } from '#guest/file-status.ts';
import type { Device } from '#kube/cri/api_pb.ts';
import type { DeviceSpec, ResourcesSpec } from '#oci/runtime-spec.ts';
import { usualDeviceRules } from './resources.ts';

interface ContainerDevices {
  devices: DeviceSpec[];
  rules: NonNullable<ResourcesSpec['devices']>;
}

/** Not devices but file systems, or made anew in each container (containerd, pkg/oci, HostDevices). */
const skipped = new Set(['pts', 'shm', 'fd', 'mqueue', 'console', 'ptmx', 'tty']);

export async function containerDevices(
  wanted: readonly Device[],
  privileged: boolean,
  agent: AgentClient,
): Promise<ContainerDevices> {
  const chosen = (await Promise.all(wanted.map((device) => devicesAt(device, agent)))).flat();
  const devices = chosen.map(({ device }) => device);
  if (privileged) {
    const all = await devicesBelow('/dev', '/dev', agent);
    return { devices: [...all, ...devices], rules: [{ allow: true, access: 'rwm' }] };
  }
  const rules = chosen.map(({ device, access }) => ({
    allow: true,
    type: device.type,
    major: device.major,
    minor: device.minor,
    access,
  }));
  return { devices, rules: [...usualDeviceRules, ...rules] };
}

async function devicesAt(
  { hostPath, containerPath, permissions }: Device,
  agent: AgentClient,
): Promise<{ device: DeviceSpec; access: string }[]> {
  const status = await agent.files.stat(hostPath).catch((cause: unknown) => {
    const { message } = asSandglassError(cause);
    throw new SandglassError(
      'unknown',
      `error gathering device information while adding custom device "${hostPath}": ${message}`,
      { cause },
    );
  });
  const target = containerPath || hostPath;
  const single = deviceOf(target, status);
  if (single) return [{ device: single, access: permissions }];
  if (status.type !== 'directory') {
    throw new SandglassError('unknown', `"${hostPath}" is not a device node`);
  }
  const below = await devicesBelow(hostPath, target, agent);
  return below.map((device) => ({ device, access: permissions }));
}

async function devicesBelow(
  directory: string,
  target: string,
  agent: AgentClient,
): Promise<DeviceSpec[]> {
  const devices: DeviceSpec[] = [];
  for (const entry of await agent.files.list(directory)) {
    if (skipped.has(entry.name)) continue;
    if (entry.type === 'directory') {
      const deeper = [`${directory}/${entry.name}`, `${target}/${entry.name}`] as const;
      devices.push(...(await devicesBelow(...deeper, agent)));
    } else {
      const device = deviceOf(`${target}/${entry.name}`, entry);
      if (device) devices.push(device);
    }
  }
  return devices;
}

function deviceOf(path: string, status: FileStatus): DeviceSpec | undefined {
  const type = { 'block-device': 'b', 'character-device': 'c' } as const;
  const { major, minor, mode, uid, gid } = status;
  if (status.type !== 'block-device' && status.type !== 'character-device') return undefined;
  return { path, type: type[status.type], major, minor, fileMode: mode, uid, gid };
}
