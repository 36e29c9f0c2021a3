import type { Container, EnvVar, Pod } from '#kube/types.ts';
import { failure, usageError } from '#cli/command/errors.ts';

export interface RunFacts {
  name: string;
  image: string;
  words: readonly string[];
  command: boolean;
  env: readonly string[];
  labels: string;
  annotations: readonly string[];
  port: string;
  stdin: boolean;
  leaveStdinOpen: boolean;
  tty: boolean;
  restart: string;
  imagePullPolicy: string;
  privileged: boolean;
  /** For usage errors. */
  path: string;
}

/** The pod that `kubectl run` makes (kubectl, pkg/generate/versioned/run.go, BasicPod). */
export function runPod(facts: RunFacts): Pod {
  const { name } = facts;
  const annotations = parsePairs(facts.annotations, 'annotations');
  const labels = facts.labels === '' ? { run: name } : parseLabels(facts.labels);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      labels,
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
    },
    spec: {
      containers: [containerOf(facts)],
      dnsPolicy: 'ClusterFirst',
      restartPolicy: restartPolicyOf(facts),
    },
    status: {},
  };
}

export function restartPolicyOf({ restart, stdin, path }: RunFacts): string {
  if (restart === '') return stdin ? 'OnFailure' : 'Always';
  if (['Always', 'OnFailure', 'Never'].includes(restart)) return restart;
  throw usageError(path, `invalid restart policy: ${restart}`);
}

function containerOf(facts: RunFacts): Container {
  const { name, image, stdin, tty, words, imagePullPolicy, privileged } = facts;
  if (!['', 'Always', 'IfNotPresent', 'Never'].includes(imagePullPolicy)) {
    throw usageError(facts.path, `invalid image pull policy: ${imagePullPolicy}`);
  }
  const env = facts.env.map(parseVariable);
  return {
    name,
    image,
    ...(words.length === 0 ? {} : { [facts.command ? 'command' : 'args']: [...words] }),
    ...(env.length === 0 ? {} : { env }),
    ...(imagePullPolicy === '' ? {} : { imagePullPolicy }),
    ...(facts.port === '' ? {} : { ports: [{ containerPort: portOf(facts.port) }] }),
    resources: {},
    ...(privileged ? { securityContext: { privileged } } : {}),
    ...(stdin ? { stdin } : {}),
    ...(stdin && !facts.leaveStdinOpen ? { stdinOnce: true } : {}),
    ...(tty ? { tty } : {}),
  };
}

function portOf(text: string): number {
  if (!/^[-+]?\d+$/.test(text)) {
    throw failure(`strconv.Atoi: parsing "${text}": invalid syntax`);
  }
  return Number(text);
}

function parseVariable(text: string): EnvVar {
  const equals = text.indexOf('=');
  if (equals <= 0) throw failure(`invalid env: ${text}`);
  const value = text.slice(equals + 1);
  return { name: text.slice(0, equals), ...(value === '' ? {} : { value }) };
}

function parseLabels(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const [key = '', value, ...rest] = pair.split('=');
      if (key === '' || value === undefined || rest.length > 0) {
        throw failure(`unexpected label spec: ${pair}`);
      }
      return [key, value];
    }),
  );
}

function parsePairs(texts: readonly string[], what: string): Record<string, string> {
  const wrong = texts.filter((text) => text.indexOf('=') <= 0);
  if (wrong.length > 0) throw failure(`invalid ${what} format: ${wrong.join(', ')}`);
  return Object.fromEntries(
    texts.map((text) => {
      const equals = text.indexOf('=');
      return [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
}
