import { expect } from 'vitest';
import { NamespaceMode } from '#kube/cri/api_pb.ts';
import { type CriNode, type Pod, exec, execSync } from '../cri.ts';
import { nginx } from './networking.ts';
import { type Spec, type SpecGroup, inPod } from './spec.ts';

const { POD, CONTAINER, NODE } = NamespaceMode;

interface Namespaces {
  pid?: NamespaceMode;
  ipc?: NamespaceMode;
  network?: NamespaceMode;
}

/** A pod of these namespaces, and what its containers are to be made with. */
const inNamespaces = (
  namespaceOptions: Namespaces,
  work: (cri: CriNode, pod: Pod, linux: object) => Promise<void>,
): Spec => {
  const linux = { securityContext: { namespaceOptions } };
  // A pod on the node's network has no name of its own.
  return inPod((cri, pod) => work(cri, pod, linux), { hostname: '', linux });
};

/** A segment of the node's shared memory is seen in a container, or not. */
const sharesMemory = (ipc: NamespaceMode, shares: boolean) =>
  inNamespaces({ pid: POD, ipc, network: POD }, async (cri, pod, linux) => {
    const made = await cri.shell('ipcmk -M 1048576');
    const [, segment = ''] = /^Shared memory id: (\d+)$/m.exec(made) ?? [];
    const id = await pod.run('top', { linux });
    const { stdout, stderr } = await execSync(cri, id, ['ipcs', '-m'], 30n);
    expect(stderr).toBe('');
    expect(new RegExp(`^0x\\w+ +${segment} `, 'm').test(stdout), stdout).toBe(shares);
    await cri.shell(`ipcrm -m ${segment}`);
  });

/** A port that somebody on the node listens at is seen in a container, or not. */
const sharesNetwork = (network: NamespaceMode, shares: boolean) =>
  inNamespaces({ pid: POD, ipc: POD, network }, async (cri, pod, linux) => {
    await cri.shell(
      'busybox nc -l -p 4567 >/dev/null 2>&1 & until ss -ln | grep -q :4567; do :; done',
    );
    const id = await pod.run('netstat -ln; echo listed', { linux });
    await cri.shell(`until grep -q listed /var/log/pods/${pod.id}-*; do :; done`);
    const seen = (await pod.log(id)).filter((line) => line.includes(':4567'));
    expect(seen).toHaveLength(shares ? 1 : 0);
    await cri.shell('pkill -f "nc -l -p 4567"');
  });

export const namespaces: readonly SpecGroup[] = [
  {
    name: 'Security Context NamespaceOption',
    specs: {
      'runtime should support HostPID': inNamespaces(
        { pid: NODE, ipc: POD, network: POD },
        async (cri, pod, linux) => {
          const server = await pod.start({ image: { image: nginx }, linux });
          const wait = 'until [ -s /var/run/nginx.pid ]; do sleep 1; done; cat /var/run/nginx.pid';
          const nginxPid = (await exec(cri, server, wait)).trim();
          const beside = await pod.run('sleep 1000', { linux });
          const { stdout } = await execSync(cri, beside, ['pidof', 'nginx'], 30n);
          expect(stdout.trim().split(' ')).toContain(nginxPid);
          expect(await cri.shell(`cat /proc/${nginxPid}/comm`)).toBe('nginx\n');
        },
      ),

      'runtime should support HostIpc is true': sharesMemory(NODE, true),
      'runtime should support HostIpc is false': sharesMemory(POD, false),

      'runtime should support PodPID': inNamespaces({ pid: POD }, async (cri, pod, linux) => {
        const server = await pod.start({ image: { image: nginx }, linux });
        await exec(cri, server, 'until [ -s /var/run/nginx.pid ]; do sleep 1; done');
        expect(await exec(cri, server, 'cat /proc/1/cmdline')).toMatch(/^\/pause\0/);
      }),

      'runtime should support ContainerPID': inNamespaces(
        { pid: CONTAINER },
        async (cri, pod, linux) => {
          const server = await pod.start({ image: { image: nginx }, linux });
          const wait = 'until grep "master process" /proc/1/cmdline; do sleep 1; done';
          expect(await exec(cri, server, wait)).toMatch(/^nginx: master process/);
        },
      ),

      'runtime should support HostNetwork is true': sharesNetwork(NODE, true),
      'runtime should support HostNetwork is false': sharesNetwork(POD, false),
    },
  },
];
