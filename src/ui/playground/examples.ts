import configAndSecret from './examples/config-and-secret.yaml?raw';
import cpuLimits from './examples/cpu-limits.yaml?raw';
import failingProbes from './examples/failing-probes.yaml?raw';
import hostPath from './examples/host-path.yaml?raw';
import initContainers from './examples/init-containers.yaml?raw';
import oneContainer from './examples/one-container.yaml?raw';
import outOfMemory from './examples/out-of-memory.yaml?raw';
import portForward from './examples/port-forward.yaml?raw';
import sharedNetwork from './examples/shared-network.yaml?raw';
import staticPod from './examples/static-pod.yaml?raw';

export interface Example {
  /** Of its title among the reader's strings. */
  id: string;
  file: string;
  manifest: string;
  /** What is worth typing once it is applied. */
  commands: readonly string[];
}

function example(id: string, manifest: string, ...commands: string[]): Example {
  return { id, file: `/root/${id}.yaml`, manifest, commands };
}

/** From the plain to the intricate. */
export const examples: readonly Example[] = [
  example(
    'one-container',
    oneContainer,
    'kubectl get pods',
    'kubectl logs hello',
    'ps -ef --forest',
  ),
  example(
    'shared-network',
    sharedNetwork,
    'kubectl logs pair -c b',
    'lsns -t net',
    'kubectl exec pair -c b -- ip address',
  ),
  example(
    'init-containers',
    initContainers,
    'kubectl get pods',
    'kubectl logs prepared',
    'kubectl describe pod prepared',
  ),
  example('failing-probes', failingProbes, 'kubectl get pods', 'kubectl events --for pod/frail'),
  example(
    'out-of-memory',
    outOfMemory,
    'kubectl get pods',
    'kubectl describe pod hungry',
    'dmesg | tail',
  ),
  example(
    'config-and-secret',
    configAndSecret,
    'kubectl logs reader',
    'kubectl get configmap settings -o yaml',
    "kubectl get secret key -o jsonpath='{.data.password}'",
  ),
  {
    ...example('static-pod', staticPod, 'kubectl get pods', 'kubectl delete pod static-web-node-1'),
    file: '/etc/kubernetes/manifests/static-web.yaml',
  },
  example(
    'host-path',
    hostPath,
    'cat /srv/shared/guests',
    'touch /srv/shared/from-the-node',
    'kubectl logs visitor',
  ),
  example(
    'port-forward',
    portForward,
    'kubectl logs caller',
    'kubectl port-forward pod/server 9090:80 &',
    'kubectl logs caller --tail=3',
  ),
  example(
    'cpu-limits',
    cpuLimits,
    'kubectl top pods',
    'cat /sys/fs/cgroup/kubepods*/*/pod*/cpu.max',
  ),
];

/** Whether a manifest that was made of an example still has its objects, by their names. */
export function isStill({ manifest }: Example, edited: string): boolean {
  const names = [...manifest.matchAll(/^metadata:\n {2}name: (\S+)/gm)].map(
    ([, name = '']) => name,
  );
  const words = new Set(edited.match(/[\w.-]+/g));
  return names.every((name) => words.has(name));
}
