import { describe, expect, it } from 'vitest';
import type { ManualClock } from '#base/clock.ts';
import { resources } from '#kube/resources.ts';
import { testPod } from '#apiserver/testing/test-api.ts';
import { startKubectl } from './cli-session.ts';

/** What the real kubectl 1.36 prints; the whole table is in test/kubernetes/kubectl-comparison.full.test.ts. */
const ok = (out: string) => ({ code: 0, out, err: '' });
const refused = (err: string, code = 1) => ({ code, out: '', err });

/** Steps the clock until the work is done. */
async function whileTimePasses<T>(clock: ManualClock, work: Promise<T>): Promise<T> {
  const state = { isOver: false };
  const over = () => (state.isOver = true);
  work.then(over, over);
  while (!state.isOver) {
    clock.advance(1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return work;
}

describe('kubectl get', () => {
  it('prints KYAML', async () => {
    const { kubectl } = startKubectl();
    await kubectl('create configmap a --from-literal=no=1 --from-literal=b.c=x');
    const { out } = await kubectl('get configmap a -o kyaml');
    expect(out).toMatch(
      /^---\n\{\n {2}apiVersion: "v1",\n {2}data: \{\n {4}b\.c: "x",\n {4}"no": "1",\n/,
    );
  });

  it('has nothing to show where no row has the field to sort by', async () => {
    const { kubectl } = startKubectl();
    await kubectl('run web --image=busybox:1.36');
    expect(await kubectl('get pods --sort-by=.nope')).toEqual({
      ...ok(''),
      err: 'No resources found in default namespace.\n',
    });
  });

  it('takes two parts for a resource and its group', async () => {
    const { kubectl } = startKubectl();
    expect(await kubectl('get pods.v1')).toEqual(
      refused(`error: the server doesn't have a resource type "pods"\n`),
    );
    expect((await kubectl('get pods.v1. -o name')).code).toBe(0);
  });

  it('ends a watch with the time for a request', async () => {
    const { kubectl, clock } = startKubectl();
    await kubectl('run web --image=busybox:1.36');
    const watching = kubectl('get pods -w -o name --request-timeout=5');
    expect(await whileTimePasses(clock, watching)).toEqual(ok('pod/web\n'));
    expect((await kubectl('get pods --request-timeout=soon')).err).toMatch(
      /^error: Invalid timeout value\./,
    );
  });

  it('says of a path that is not there what upstream says', async () => {
    const { kubectl } = startKubectl();
    expect(await kubectl('get --raw /nope')).toEqual(
      refused('Error from server (NotFound): the server could not find the requested resource\n'),
    );
  });

  it('leaves fields of what is not there without a value', async () => {
    const { kubectl } = startKubectl();
    const namespace = "get ns default -o go-template='{{.metadata.nope.x}}'";
    expect(await kubectl(namespace)).toEqual(ok('<no value>'));
  });
});

describe('kubectl create', () => {
  it("prints and keeps what it makes in the order of Go's structs", async () => {
    const { kubectl } = startKubectl();
    const { out } = await kubectl('create configmap a --from-literal=k=v --dry-run=client -o json');
    expect(Object.keys(JSON.parse(out) as object)).toEqual([
      'kind',
      'apiVersion',
      'metadata',
      'data',
    ]);
    await kubectl('create configmap b --from-literal=k=v --save-config');
    const path = '{.metadata.annotations.kubectl\\.kubernetes\\.io/last-applied-configuration}';
    expect((await kubectl(`get configmap b -o jsonpath='${path}'`)).out).toBe(
      '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"b"},"data":{"k":"v"}}\n',
    );
  });

  it('makes secrets for registries and of key pairs', async () => {
    const { kubectl, shell } = startKubectl();
    await kubectl('create secret docker-registry r --docker-username=u --docker-password=p');
    const template = `'{{index .data ".dockerconfigjson" | base64decode}}'`;
    expect((await kubectl(`get secret r -o go-template=${template}`)).out).toBe(
      '{"auths":{"https://index.docker.io/v1/":{"username":"u","password":"p","auth":"dTpw"}}}',
    );
    const pem = '-----BEGIN X-----\nAA==\n-----END X-----\n';
    await shell.files.write('/crt', pem);
    await shell.files.write('/none', 'x');
    expect(await kubectl('create secret tls t --cert=/crt --key=/none')).toEqual(
      refused('error: tls: failed to find any PEM data in key input\n'),
    );
    expect(await kubectl('create secret tls t --cert=/crt --key=/crt')).toEqual(
      ok('secret/t created\n'),
    );
  });

  it('says what the server does not have', async () => {
    const { kubectl } = startKubectl();
    for (const name of ['deployment', 'deploy']) {
      expect(await kubectl(`create ${name} d --image=x`)).toEqual(
        refused(
          'error: failed to create deployment: the server could not find the requested resource\n',
        ),
      );
    }
  });
});

describe('kubectl apply', () => {
  const configMap = (name: string, extra = '') =>
    `{apiVersion: v1, kind: ConfigMap, metadata: {name: ${name}, labels: {set: s}}${extra}}\n`;

  it('prunes what it applied before, of the kinds that are allowed', async () => {
    const { kubectl, shell } = startKubectl();
    await shell.files.write('/both', `${configMap('a')}---\n${configMap('b')}`);
    await shell.files.write('/one', configMap('a'));
    await kubectl('apply -f /both');
    await kubectl('create configmap other');
    const prune = 'apply -f /one --prune -l set=s --prune-allowlist=core/v1/ConfigMap';
    expect(await kubectl(`${prune} --dry-run=client`)).toEqual(
      ok('configmap/a unchanged (dry run)\nconfigmap/b pruned (dry run)\n'),
    );
    expect(await kubectl(prune)).toEqual(ok('configmap/a unchanged\nconfigmap/b pruned\n'));
    expect((await kubectl('get configmaps -o name')).out).toBe('configmap/a\nconfigmap/other\n');
    expect((await kubectl('apply -f /one --prune')).err).toMatch(
      /^error: all resources selected for prune without explicitly passing --all\./,
    );
  });

  it('lets the last of two keys count, and unknown fields be where they are to be ignored', async () => {
    const { kubectl, shell } = startKubectl();
    await shell.files.write('/twice', configMap('a', ', data: {k: "1", k: "2"}'));
    expect(await kubectl('apply -f /twice')).toEqual(ok('configmap/a created\n'));
    expect((await kubectl('get configmap a -o jsonpath={.data.k}')).out).toBe('2');
    await shell.files.write('/more', configMap('a', ', nope: 1'));
    expect(await kubectl('apply -f /more --validate=ignore')).toEqual(
      ok('configmap/a configured\n'),
    );
  });

  it('says that this server merges nothing by itself', async () => {
    const { kubectl, shell } = startKubectl();
    await shell.files.write('/a', configMap('a'));
    expect((await kubectl('apply -f /a --server-side')).err).toMatch(
      /^error: Server-side apply not available on the server: \(the body of the request was in an unknown format/,
    );
  });
});

describe('kubectl drain', () => {
  async function node() {
    const session = startKubectl();
    await session.client.create(resources.nodes, { metadata: { name: 'node-1' } });
    await session.client.create(resources.pods, testPod('web', { nodeName: 'node-1' }));
    return session;
  }

  it('refuses to delete pods that nobody would make anew', async () => {
    const { kubectl } = await node();
    const why =
      'cannot delete Pods that declare no controller (use --force to override): default/web';
    expect(await kubectl('drain node-1')).toEqual({
      code: 1,
      out: 'node/node-1 cordoned\n',
      err: `error: unable to drain node "node-1" due to error: ${why}, continuing command...\nThere are pending nodes to be drained:\n node-1\n${why}\n`,
    });
  });

  it('deletes them by force, and waits until they are gone', async () => {
    const { kubectl, client, clock } = await node();
    const key = { namespace: 'default', name: 'web' };
    const draining = kubectl('drain node-1 --force');
    const isDeleting = async () =>
      (await client.get(resources.pods, key)).metadata?.deletionTimestamp !== undefined;
    while (!(await isDeleting())) await Promise.resolve();
    await client.delete(resources.pods, key, { gracePeriodSeconds: 0 });
    expect(await whileTimePasses(clock, draining)).toEqual({
      code: 0,
      out: 'node/node-1 cordoned\npod/web deleted\nnode/node-1 drained\n',
      err: 'Warning: deleting Pods that declare no controller: default/web\n',
    });
  });
});

describe('the command line', () => {
  it('suggests commands in the order in which help shows them', async () => {
    const { kubectl } = startKubectl();
    expect((await kubectl('nop')).err).toBe(
      'error: unknown command "nop" for "kubectl"\n\nDid you mean this?\n\ttop\n\tcp\n',
    );
  });

  it('takes the options of what it does not have for arguments', async () => {
    const { kubectl } = startKubectl();
    expect((await kubectl('scale --replicas=3 deploy/x')).err).toBe(
      'error: "scale" is not supported by this kubectl: this server has no deployments\n',
    );
    expect((await kubectl('scale --help')).code).toBe(0);
  });

  it('shows the help of a command that only groups others among the errors', async () => {
    const { kubectl } = startKubectl();
    const { code, out, err } = await kubectl('create secret');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('  docker-registry   Create a secret for use with a Docker registry\n');
  });
});
