import { expect } from 'vitest';
import { type CriNode, type Pod, execSync } from '../cri.ts';
import { type SpecGroup, inPod } from './spec.ts';

/** Upstream's web servers under their names there. */
export const nginx = 'registry.k8s.io/e2e-test-images/nginx:1.14-2';
const httpd = 'registry.k8s.io/e2e-test-images/httpd:2.4.39-4';

/** A web server is asked from the node until it is up; then its answer must be a good one. */
export async function expectMainPage(cri: CriNode, authority: string): Promise<void> {
  const curl = 'curl -s -o /dev/null --retry 60 --retry-delay 1 --retry-connrefused';
  expect(await cri.shell(`${curl} -w '%{http_code}' http://${authority}/`)).toBe('200');
}

const dnsConfig = { servers: ['10.10.10.10'], searches: ['google.com'], options: ['ndots:8'] };

export const networking: readonly SpecGroup[] = [
  {
    name: 'Networking runtime should support networking',
    specs: {
      'runtime should support DNS config [Conformance]': inPod(
        async (cri, pod) => {
          const said = await execSync(cri, await pod.start(), ['cat', '/etc/resolv.conf'], 30n);
          expect(said.stderr).toBe('');
          expect(said.stdout.trim().split('\n').toSorted()).toEqual([
            'nameserver 10.10.10.10',
            'options ndots:8',
            'search google.com',
          ]);
        },
        { dnsConfig },
      ),

      'runtime should support set hostname [Conformance]': inPod(
        async (cri, pod) => {
          const said = await execSync(cri, await pod.start(), ['hostname'], 30n);
          expect(said).toEqual({ stdout: 'test-hostname\n', stderr: '', exitCode: 0 });
        },
        { hostname: 'test-hostname' },
      ),

      'runtime should support port mapping with only container port [Conformance]': inPod(
        async (cri, pod) => {
          await pod.start({ image: { image: nginx } });
          await expectMainPage(cri, `${await pod.address()}:80`);
        },
        { portMappings: [{ containerPort: 80 }] },
      ),

      'runtime should support port mapping with host port and container port [Conformance]': inPod(
        async (cri, pod) => {
          await pod.start({ image: { image: nginx } });
          await expectMainPage(cri, '127.0.0.1:12000');
        },
        { portMappings: [{ containerPort: 80, hostPort: 12_000 }] },
      ),
    },
  },
];

const twoContainers = (
  work: (cri: CriNode, pod: Pod, ids: { httpd: string; busybox: string }) => Promise<void>,
) =>
  inPod(
    async (cri, pod) => {
      const ids = {
        httpd: await pod.start({ image: { image: httpd } }),
        busybox: await pod.run('echo hello World; sleep 1000'),
      };
      await work(cri, pod, ids);
    },
    { portMappings: [{ containerPort: 80 }] },
  );

export const multipleContainers: readonly SpecGroup[] = [
  {
    name: 'Multiple Containers [Conformance] when running multiple containers in a pod',
    specs: {
      'should support network': twoContainers(async (cri, pod) => {
        await expectMainPage(cri, `${await pod.address()}:80`);
      }),

      'should support container log': twoContainers(async (_cri, pod, ids) => {
        expect(await pod.firstLine(ids.httpd)).toContain('httpd');
        expect(await pod.firstLine(ids.busybox)).toBe('stdout F hello World');
      }),

      'should support container exec': twoContainers(async (cri, _pod, ids) => {
        for (const [name, id] of Object.entries(ids)) {
          const said = await execSync(cri, id, ['echo', name], 30n);
          expect(said).toEqual({ stdout: `${name}\n`, stderr: '', exitCode: 0 });
        }
      }),
    },
  },
];
