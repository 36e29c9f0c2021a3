import { describe, expect, it } from 'vitest';
import { manifestProblems } from './problems.ts';

/** What is marked, and what is said of it. */
function problems(text: string): [marked: string, message: string][] {
  return manifestProblems(text).map(({ from, to, message }) => [text.slice(from, to), message]);
}

const head = 'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n';

describe('what is wrong with a manifest', () => {
  it('is nothing with a good one, or with none', () => {
    const good = `${head}spec:\n  containers:\n  - {name: a, image: busybox:1.36}\n`;
    expect(problems(good)).toEqual([]);
    expect(problems(`# nothing\n---\n${good}---\n`)).toEqual([]);
    expect(problems('')).toEqual([]);
  });

  it('is marked in the document that it is of', () => {
    const good = `${head}spec:\n  containers:\n  - {name: a, image: b}\n`;
    const text = `${good}---\n${good.replace('image: b', 'image: b, imag: c')}`;
    const [first] = manifestProblems(text);
    expect(first?.from).toBe(text.lastIndexOf('imag'));
    expect(problems(text)).toEqual([['imag', 'unknown field "spec.containers[0].imag"']]);
  });

  it('is what its text lacks to be YAML', () => {
    expect(problems('a: b: c')[0]?.[1]).toMatch(/^yaml: line \d+: mapping values are not allowed/);
    expect(problems('a:\n\tb: c')[0]?.[1]).toBe(
      'yaml: line 2: found character that cannot start any token',
    );
    expect(problems('kind: "Pod')[0]?.[0]).toBe('d');
    const twice = problems(
      `${head}spec:\n  nodeName: a\n  nodeName: b\n  containers: [{name: a, image: b}]\n`,
    );
    expect(twice).toEqual([
      ['nodeName', 'yaml: unmarshal errors:\n  line 6: key "nodeName" already set in map'],
    ]);
  });

  it('is told also beside a field of a wrong type, but not of that field again', () => {
    const text = `${head.replace('name: a', 'name: Bad_Name')}spec:\n  containers:\n  - name: a\n    image: b\n    comand: [sh]\n    ports:\n    - containerPort: http\n`;
    expect(problems(text).map(([marked]) => marked)).toEqual(['Bad_Name', 'comand', 'http']);
    const whole = `${head}spec:\n  restartPolicy: Maybe\n  containers: none\n`;
    expect(problems(whole).map(([marked]) => marked)).toEqual(['Maybe', 'none']);
    const mount = 'volumeMounts: [{name: v, mountPath: /v}]';
    const volumes = `${head}spec:\n  volumes: none\n  containers: [{name: a, image: b, ${mount}}]\n`;
    expect(problems(volumes).map(([marked]) => marked)).toEqual(['none']);
  });

  it('is told of all fields, not only of the first', () => {
    const text = `${head}spec:\n  containers:\n  - name: a\n    image: 5\n    ports:\n    - containerPort: http\n  restart: Never\n`;
    expect(problems(text)).toEqual([
      [
        '5',
        'json: cannot unmarshal number into Go struct field Container.spec.containers.image of type string',
      ],
      [
        'http',
        'json: cannot unmarshal string into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32',
      ],
      ['restart', 'unknown field "spec.restart"'],
    ]);
  });

  it('is also a quantity that is none, where it stands', () => {
    const text = `${head}spec:\n  containers:\n  - name: a\n    image: b\n    resources:\n      limits:\n        memory: 12 MB\n`;
    const [[marked, message] = []] = problems(text);
    expect(marked).toBe('12 MB');
    expect(message).toMatch(/^quantities must match the regular expression/);
  });

  it('is what validation says, at the value', () => {
    const text = `${head.replace('a}', 'A_b}')}spec:\n  restartPolicy: Sometimes\n  containers:\n  - name: a\n    image: b\n    volumeMounts:\n    - {name: web, mountPath: /www}\n`;
    expect(problems(text).map(([marked, message]) => [marked, message.slice(0, 60)])).toEqual([
      ['A_b', 'metadata.name: Invalid value: "A_b": a lowercase RFC 1123 su'],
      ['Sometimes', 'spec.restartPolicy: Unsupported value: "Sometimes": supporte'],
      ['web', 'spec.containers[0].volumeMounts[0].name: Not found: "web"'],
    ]);
  });

  it('is marked at what should hold a field that is missing', () => {
    const text = `${head}spec:\n  containers:\n  - name: a\n    ports:\n    - name: web\n`;
    expect(problems(text)).toEqual([
      ['name', 'spec.containers[0].image: Required value'],
      ['name', 'spec.containers[0].ports[0].containerPort: Required value'],
    ]);
    expect(problems(`${head}spec: {}\n`)).toEqual([['spec', 'spec.containers: Required value']]);
  });

  it('is found at keys with dots and in brackets', () => {
    const labels = '\n  name: a\n  labels:\n    example.org/of: 5';
    const text = `${head.replace(' {name: a}', labels)}spec: {containers: [{name: a, image: b}]}\n`;
    expect(problems(text)[0]?.[0]).toBe('5');
    const map =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  ok: x\n  "no way": y\n';
    expect(problems(map)[0]?.[0]).toBe('y');
  });

  it('is that nobody knows the kind, or that there is none', () => {
    expect(problems('apiVersion: v1\nkind: Deployment\nmetadata: {name: a}\n')).toEqual([
      ['Deployment', 'no matches for kind "Deployment" in version "v1"'],
    ]);
    expect(problems('metadata: {name: a}\n')).toEqual([
      ['m', 'apiVersion not set'],
      ['m', 'kind not set'],
    ]);
    expect(problems('- a\n')).toEqual([['-', 'invalid object to validate']]);
  });

  it('is looked for in a list’s items', () => {
    const text =
      'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: a}\n  dat: {}\n';
    expect(problems(text)).toEqual([['dat', 'unknown field "dat"']]);
  });

  it('takes a name that is generated', () => {
    const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: a-}\n';
    expect(problems(text)).toEqual([]);
  });

  it('is said of aliases that grow without end, at once', () => {
    const grow = Array.from({ length: 30 }, (_, at) =>
      at === 0 ? 'a0: &a0 [x, x]' : `a${at}: &a${at} [*a${at - 1}, *a${at - 1}]`,
    );
    expect(problems(grow.join('\n'))[0]?.[1]).toMatch(/alias/);
  });
});
