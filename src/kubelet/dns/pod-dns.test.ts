import { describe, expect, it } from 'vitest';
import type { PodSpec } from '#kube/types.ts';
import { parseResolvConf, podDns } from './pod-dns.ts';

const node = parseResolvConf(
  '# comment\nnameserver 192.168.0.1\nsearch lan.\noptions ndots:1 rotate\n',
);
const cluster = { clusterDns: ['10.96.0.10'], clusterDomain: 'cluster.local' };

function dnsOf(spec: Partial<PodSpec>, defaults = cluster) {
  const pod = {
    metadata: { name: 'web', namespace: 'ns', uid: 'u' },
    spec: { containers: [], ...spec },
  };
  return podDns(pod, node, defaults);
}

const ofCluster = {
  servers: ['10.96.0.10'],
  searches: ['ns.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'lan'],
  options: ['ndots:5'],
};
const ofNode = { servers: ['192.168.0.1'], searches: ['lan'], options: ['ndots:1', 'rotate'] };

describe('podDns', () => {
  it.each<[Partial<PodSpec>, object]>([
    [{ dnsPolicy: 'ClusterFirst' }, ofCluster],
    [{ dnsPolicy: 'ClusterFirst', hostNetwork: true }, ofNode],
    [{ dnsPolicy: 'ClusterFirstWithHostNet', hostNetwork: true }, ofCluster],
    [{ dnsPolicy: 'Default' }, ofNode],
    [
      { dnsPolicy: 'None', dnsConfig: { nameservers: ['1.1.1.1'], options: [{ name: 'edns0' }] } },
      { servers: ['1.1.1.1'], searches: [], options: ['edns0'] },
    ],
    [
      {
        dnsPolicy: 'Default',
        dnsConfig: {
          nameservers: ['192.168.0.1', '1.1.1.1'],
          options: [{ name: 'ndots', value: '3' }],
        },
      },
      { servers: ['192.168.0.1', '1.1.1.1'], searches: ['lan'], options: ['ndots:3', 'rotate'] },
    ],
  ])('%j', (spec, expected) => {
    expect(dnsOf(spec)).toEqual({ config: expected, warnings: [] });
  });

  it('falls back to the node where the cluster has no DNS', () => {
    const { config, warnings } = dnsOf(
      { dnsPolicy: 'ClusterFirst' },
      { ...cluster, clusterDns: [] },
    );
    expect(config).toEqual(ofNode);
    expect(warnings).toEqual([
      {
        reason: 'MissingClusterDNS',
        message:
          'pod: "web_ns(u)". kubelet does not have ClusterDNS IP configured and cannot create Pod using "ClusterFirst" policy. Falling back to "Default" policy.',
      },
    ]);
  });

  it('keeps to what a resolver reads', () => {
    const nameservers = ['1.1.1.1', '2.2.2.2', '3.3.3.3', '4.4.4.4'];
    const { config, warnings } = dnsOf({ dnsPolicy: 'None', dnsConfig: { nameservers } });
    expect(config.servers).toEqual(nameservers.slice(0, 3));
    expect(warnings[0]?.message).toBe(
      'Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: 1.1.1.1 2.2.2.2 3.3.3.3',
    );
  });
});
