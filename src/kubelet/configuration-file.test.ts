import { describe, expect, it } from 'vitest';
import { loadConfiguration, readConfigurationFile } from './configuration-file.ts';
import { failure } from './testing/fake-files.ts';
import { FakeNode } from './testing/fake-node.ts';

const head = 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n';
const signal = new AbortController().signal;

describe('loadConfiguration', () => {
  it('reads every field in its own unit', () => {
    const text = `${head}staticPodPath: /etc/pods
clusterDNS: [10.96.0.10]
clusterDomain: example.org
resolvConf: /run/resolv.conf
serializeImagePulls: false
maxParallelImagePulls: 3
maxPods: 7
nodeStatusUpdateFrequency: 1m30s
nodeStatusReportFrequency: 5m
nodeLeaseDurationSeconds: 20
cpuManagerPolicy: static
systemReserved: {cpu: 500m, memory: 64Mi}
containerLogMaxSize: 1Mi
containerLogMaxFiles: 2
`;
    expect(loadConfiguration(text)).toEqual({
      staticPodPath: '/etc/pods',
      clusterDNS: ['10.96.0.10'],
      clusterDomain: 'example.org',
      resolvConf: '/run/resolv.conf',
      serializeImagePulls: false,
      maxParallelImagePulls: 3,
      maxPods: 7,
      nodeStatusUpdateFrequency: 90_000,
      nodeStatusReportFrequency: 300_000,
      nodeLeaseDurationSeconds: 20,
      cpuManagerPolicy: 'static',
      systemReserved: { cpu: '500m', memory: '64Mi' },
      containerLogMaxSize: 1 << 20,
      containerLogMaxFiles: 2,
    });
  });

  it('takes JSON, and null for what is not set', () => {
    const json = { kind: 'KubeletConfiguration', apiVersion: 'kubelet.config.k8s.io/v1beta1' };
    expect(loadConfiguration(JSON.stringify({ ...json, maxPods: null }))).toEqual({});
  });

  it('tells the API as often as it looks, unless the file says otherwise', () => {
    expect(loadConfiguration(`${head}nodeStatusUpdateFrequency: 20s`)).toEqual({
      nodeStatusUpdateFrequency: 20_000,
      nodeStatusReportFrequency: 20_000,
    });
  });

  it('counts the CPUs that are set aside by number as what is reserved', () => {
    const text = `${head}reservedSystemCPUs: 0-1,4\nsystemReserved: {cpu: 100m, memory: 1Mi}`;
    expect(loadConfiguration(text).systemReserved).toEqual({ cpu: '3', memory: '1Mi' });
  });

  it.each([
    ['', "Object 'Kind' is missing"],
    [
      'kind: Pod\napiVersion: v1',
      'no kind "Pod" is registered for version "v1": it has to be KubeletConfiguration of kubelet.config.k8s.io/v1beta1',
    ],
    [`${head}maxPod: 3`, 'strict decoding error: unknown field "maxPod"'],
    [`${head}toString: 3`, 'strict decoding error: unknown field "toString"'],
    [`${head}nodeLabels: {a: b}`, 'strict decoding error: unknown field "nodeLabels"'],
    [
      `${head}maxPods: 3\nmaxPods: 4`,
      'strict decoding error: yaml: unmarshal errors:\n  line 4: key "maxPods" already set in map',
    ],
    [`${head}maxPods: many`, 'maxPods: "many" is not a whole number'],
    [`${head}clusterDNS: 10.96.0.10`, 'clusterDNS: "10.96.0.10" is not a list of addresses'],
    [`${head}serializeImagePulls: 1`, 'serializeImagePulls: 1 is not true or false'],
    [
      `${head}nodeStatusUpdateFrequency: 10`,
      'nodeStatusUpdateFrequency: 10 is not a duration such as 10s',
    ],
    [
      `${head}nodeStatusUpdateFrequency: soon`,
      'nodeStatusUpdateFrequency: time: invalid duration "soon"',
    ],
    [
      `${head}systemReserved: {cpu: [1]}`,
      'systemReserved[cpu]: [1] is not a quantity such as 10Mi',
    ],
    [`${head}containerLogMaxSize: 1MiB`, 'containerLogMaxSize: quantities must match'],
    [
      `${head}maxPods: -1`,
      'invalid configuration: maxPods (--max-pods) -1 must not be a negative number',
    ],
    [
      `${head}maxParallelImagePulls: 2`,
      'invalid configuration: maxParallelImagePulls cannot be larger than 1 unless SerializeImagePulls (--serialize-image-pulls) is set to false',
    ],
    [`${head}cpuManagerPolicy: dynamic`, 'unknown policy: "dynamic"'],
    [
      `${head}reservedSystemCPUs: 0-999999999`,
      'invalid configuration: unable to parse reservedSystemCPUs (--reserved-cpus) 0-999999999, error: "0-999999999" is not a list of CPUs.',
    ],
    [
      `${head}staticPodPath: manifests\ncontainerLogMaxFiles: 1`,
      '[invalid configuration: containerLogMaxFiles 1 must be greater than 1, invalid configuration: staticPodPath "manifests" must be an absolute path]',
    ],
    ['a: b: c', 'error converting YAML to JSON: yaml: line 2: mapping values are not allowed'],
  ])('refuses %j', (text, message) => {
    expect(() => loadConfiguration(text)).toThrow(
      `failed to load kubelet config file, path: /var/lib/kubelet/config.yaml, error: ${message}`,
    );
  });
});

describe('readConfigurationFile', () => {
  it('finds nothing where there is no file, and does not take another failure for that', async () => {
    const { files } = new FakeNode();
    expect(await readConfigurationFile(files, signal)).toBeUndefined();
    files.readText = () => Promise.reject(failure('EIO', 'config.yaml'));
    await expect(readConfigurationFile(files, signal)).rejects.toThrow('EIO');
  });
});
