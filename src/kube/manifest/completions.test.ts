import { describe, expect, it } from 'vitest';
import { manifestCompletions } from './completions.ts';

/** The cursor stands at the bar. */
function at(textWithBar: string): {
  labels: string[];
  of: (label: string) => string | undefined;
  from: number;
} {
  const cursor = textWithBar.indexOf('|');
  const text = textWithBar.replace('|', '');
  const found = manifestCompletions(text, cursor);
  return {
    labels: found?.options.map(({ label }) => label) ?? [],
    of: (label) => found?.options.find((option) => option.label === label)?.insert,
    from: cursor - (found?.from ?? cursor),
  };
}

const pod = 'apiVersion: v1\nkind: Pod\n';

describe('keys', () => {
  it('are those of every object before there is a kind', () => {
    expect(at('|').labels).toEqual(['apiVersion', 'kind', 'metadata']);
    expect(at('apiVersion: v1\nki|').labels).toEqual(['kind', 'metadata']);
    expect(at('apiVersion: v1\nkind: Pood\nsp|').labels).toEqual(['metadata']);
  });

  it('are the kind’s, without those that stand above or below', () => {
    expect(at(`${pod}|\nspec: {}\n`).labels).toEqual(['metadata', 'status']);
    const below = at(`${pod}spec:\n  |\n  containers: []\n  nodeName: a\n`).labels;
    expect(below).toContain('initContainers');
    expect(below).not.toContain('containers');
    expect(below).not.toContain('nodeName');
  });

  it('belong to where the indentation says', () => {
    const containers = 'spec:\n  containers:\n  - name: a\n';
    expect(at(`${pod}${containers}    im|`).labels).toContain('image');
    expect(at(`${pod}${containers}  |`).labels).toContain('hostNetwork');
    expect(at(`${pod}${containers}  - |`).labels).toContain('name');
    expect(at(`${pod}${containers}    ports:\n    - containerPort: 80\n      |`).labels).toEqual(
      expect.arrayContaining(['hostPort', 'protocol']),
    );
    expect(at(`${pod}${containers}|`).labels).toContain('metadata');
    expect(at(`${pod}spec:\n    containers:\n      - name: a\n        |`).labels).toContain(
      'image',
    );
  });

  it('of a list’s element begin it with a dash', () => {
    expect(at(`${pod}spec:\n  containers:\n    |`).of('image')).toBe('- image: ');
    expect(at(`${pod}spec:\n  containers:\n  - |`).of('image')).toBe('image: ');
  });

  it('bring what follows them', () => {
    expect(at(`${pod}spec:\n  |`).of('containers')).toBe('containers:\n  - ');
    expect(at(`${pod}spec:\n  |`).of('securityContext')).toBe('securityContext:\n    ');
    expect(at(`${pod}spec:\n  |`).of('hostNetwork')).toBe('hostNetwork: ');
    expect(at(`${pod}spec:\n  containers:\n  - |`).of('securityContext')).toBe(
      'securityContext:\n      ',
    );
  });

  it('are completed between braces and brackets, over lines', () => {
    expect(at(`${pod}metadata: {name: a, la|`).labels).toContain('labels');
    expect(at(`${pod}metadata: {name: a, la|`).labels).not.toContain('name');
    expect(at(`${pod}spec: {containers: [{name: a,\n  im|`).of('image')).toBe('image: ');
    expect(at(`${pod}spec: {containers: []}\n|`).labels).toContain('metadata');
  });

  it('are looked for in the document that the cursor is in', () => {
    const other = 'apiVersion: v1\nkind: ConfigMap\n';
    expect(at(`${pod}---\n${other}|`).labels).toContain('binaryData');
    expect(at(`${pod}|\n---\n${other}`).labels).toContain('spec');
  });

  it('are not offered in text, in comments, or where the schema has none', () => {
    expect(at(`${pod}spec:\n  # |`).labels).toEqual([]);
    expect(
      at('apiVersion: v1\nkind: ConfigMap\ndata:\n  run.sh: |-\n    ec|'.replace('|-', '>-'))
        .labels,
    ).toEqual([]);
    expect(at(`${pod}metadata:\n  labels:\n    |`).labels).toEqual([]);
    expect(at(`${pod}spec:\n  hostNetwork: true\n    |`).labels).toEqual([]);
    expect(at(`${pod}spec:\n  containers:\n  - name: "im|`).labels).toEqual([]);
  });

  it('go on after a block of text', () => {
    const text = 'apiVersion: v1\nkind: ConfigMap\ndata:\n  a: >-\n    x: y\n\n    z\n|';
    expect(at(text).labels).toContain('binaryData');
  });

  it('of resources are known', () => {
    const limits = `${pod}spec:\n  containers:\n  - resources:\n      limits:\n        cpu: 1\n        |`;
    expect(at(limits).labels).toEqual(['memory', 'ephemeral-storage']);
  });
});

describe('values', () => {
  it('are the words that a field may have', () => {
    expect(at(`${pod}spec:\n  restartPolicy: |`).labels).toEqual(['Always', 'Never', 'OnFailure']);
    expect(at(`${pod}spec:\n  hostNetwork: t|`).labels).toEqual(['true', 'false']);
    expect(at(`${pod}spec:\n  restartPolicy: On|`).from).toBe(2);
    expect(at(`${pod}spec: {restartPolicy: |`).labels).toContain('Never');
    expect(at(`${pod}spec:\n  restartPolicy:|`).labels).toEqual([]);
  });

  it('are the kinds that can be applied, and their versions', () => {
    expect(at('apiVersion: v1\nkind: |').labels).toEqual(expect.arrayContaining(['Pod', 'Secret']));
    expect(at('apiVersion: v1\nkind: |').labels).not.toContain('PodMetrics');
    expect(at('kind: RuntimeClass\napiVersion: |').labels).toEqual(['node.k8s.io/v1']);
  });

  it('of a mount are the pod’s volumes', () => {
    const volumes =
      '  volumes:\n  - name: web\n    emptyDir: {}\n  - emptyDir: {}\n    name: data\n';
    const text = `${pod}spec:\n${volumes}  containers:\n  - name: a\n    volumeMounts:\n    - name: |`;
    expect(at(text).labels).toEqual(['web', 'data']);
  });
});
