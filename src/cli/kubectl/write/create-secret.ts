import { quote } from '#kube/go-text.ts';
import { resources } from '#kube/resources.ts';
import { bytesToBase64 } from '#kube/schema/base64.ts';
import { asSandglassError, SandglassError } from '#base/errors.ts';
import { bool, list, string } from '#cli/command/flags.ts';
import { failure } from '#cli/command/errors.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { kubectlCommand } from '#cli/kubectl/kubectl-command.ts';
import { formatJson } from '#cli/text/json.ts';
import { contentHash, dataFlags, keyProblems, readData } from './create-data.ts';
import {
  createFlags,
  createMade,
  explicitNamespace,
  nameArgument,
  type CreateFlags,
} from './create-object.ts';

interface SecretFacts {
  name: string;
  type: string;
  data: Readonly<Record<string, Uint8Array>>;
  appendHash: boolean;
}

async function createSecret(
  context: KubectlContext,
  flags: CreateFlags,
  { name, type, data, appendHash }: SecretFacts,
): Promise<void> {
  const encoded = Object.fromEntries(
    Object.entries(data).map(([key, bytes]) => [key, bytesToBase64(bytes)]),
  );
  const hash = contentHash({ kind: 'Secret', type, name, data: encoded });
  const object = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: appendHash ? `${name}-${hash}` : name,
      ...(await explicitNamespace(context)),
    },
    ...(type === '' ? {} : { type }),
    ...(Object.keys(encoded).length > 0 ? { data: encoded } : {}),
  };
  const complaint = 'failed to create secret ';
  await createMade(context, flags, { resource: resources.secrets, object, complaint });
}

const appendHashFlag = {
  'append-hash': bool('Append a hash of the contents to the name.'),
};

function checkKey(key: string, isTaken: boolean): void {
  const problems = keyProblems(key);
  if (problems.length > 0) {
    throw failure(`${quote(key)} is not valid key name for a Secret ${problems.join(';')}`);
  }
  if (isTaken) throw failure(`cannot add key ${key}, another key by that name already exists`);
}

const genericCommand = kubectlCommand({
  name: 'generic',
  use: 'NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]',
  short: 'Create a secret from a local file, directory, or literal value',
  examples: [
    ['Of literals', 'kubectl create secret generic my-secret --from-literal=password=topsecret'],
    ['Of files', 'kubectl create secret generic my-secret --from-file=path/to/directory'],
  ],
  flags: { ...createFlags, ...dataFlags, type: string('Type of the secret.') },
  async run(call) {
    const { context, flags } = call;
    const name = nameArgument(call);
    const { env } = context.invocation;
    const entries = await readData(context, flags, { env, what: 'secret', check: checkKey });
    await createSecret(context, flags, {
      name,
      type: flags.type,
      data: Object.fromEntries(entries),
      appendHash: flags['append-hash'],
    });
  },
});

const tlsCommand = kubectlCommand({
  name: 'tls',
  use: 'NAME --cert=path/to/cert/file --key=path/to/key/file [--dry-run=server|client|none]',
  short: 'Create a TLS secret',
  long: 'Keeps a certificate and its private key, both PEM encoded. Whether the one belongs to the other is not looked at.',
  examples: [
    [
      'Of a key pair',
      'kubectl create secret tls my-tls --cert=path/to/tls.crt --key=path/to/tls.key',
    ],
  ],
  flags: {
    ...createFlags,
    ...appendHashFlag,
    cert: string('File with the certificate.'),
    key: string('File with the private key.'),
  },
  async run(call) {
    const { context, flags } = call;
    const name = nameArgument(call);
    if (flags.key === '' || flags.cert === '') throw failure('key and cert must be specified');
    const certificate = await readPem(context, flags.cert, 'certificate');
    const key = await readPem(context, flags.key, 'key');
    await createSecret(context, flags, {
      name,
      type: 'kubernetes.io/tls',
      data: { 'tls.crt': certificate, 'tls.key': key },
      appendHash: flags['append-hash'],
    });
  },
});

async function readPem(
  { invocation }: KubectlContext,
  path: string,
  what: 'certificate' | 'key',
): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await invocation.files.read(path, { signal: invocation.signal });
  } catch (error) {
    const isMissing = error instanceof SandglassError && error.code === 'not-found';
    const why = isMissing
      ? `open ${path}: no such file or directory`
      : asSandglassError(error).message;
    throw failure(`Cannot read file ${path}, ${why}`);
  }
  // RFC 7468, 2: as far as crypto/tls looks before it parses the block.
  if (!/^-----BEGIN [^-]+-----$/m.test(new TextDecoder().decode(bytes))) {
    throw failure(`tls: failed to find any PEM data in ${what} input`);
  }
  return bytes;
}

const configKey = '.dockerconfigjson';

const dockerRegistryCommand = kubectlCommand({
  name: 'docker-registry',
  use: 'NAME --docker-username=user --docker-password=password --docker-email=email [--docker-server=string] [--from-file=[key=]source] [--dry-run=server|client|none]',
  short: 'Create a secret for use with a Docker registry',
  examples: [
    [
      'Of a name and password',
      'kubectl create secret docker-registry my-secret --docker-server=DOCKER_REGISTRY_SERVER --docker-username=DOCKER_USER --docker-password=DOCKER_PASSWORD --docker-email=DOCKER_EMAIL',
    ],
    [
      "Of Docker's configuration",
      'kubectl create secret docker-registry my-secret --from-file=path/to/.docker/config.json',
    ],
  ],
  flags: {
    ...createFlags,
    ...appendHashFlag,
    'docker-email': string('Email for the registry.'),
    'docker-password': string('Password for the registry.'),
    'docker-server': string('Address of the registry.', { initial: 'https://index.docker.io/v1/' }),
    'docker-username': string('User name for the registry.'),
    'from-file': list(
      `File with Docker's configuration; its key is ${configKey} unless one is given.`,
    ),
  },
  async run(call) {
    const { context, flags } = call;
    const name = nameArgument(call);
    const sources = flags['from-file'].map((source) =>
      source.includes('=') ? source : `${configKey}=${source}`,
    );
    const [username, password] = [flags['docker-username'], flags['docker-password']];
    const server = flags['docker-server'];
    if (sources.length === 0 && [username, password, server].includes('')) {
      throw failure(
        'either --from-file or the combination of --docker-username, --docker-password and --docker-server is required',
      );
    }
    const config = () => dockerConfig({ server, username, password, email: flags['docker-email'] });
    const data =
      sources.length > 0
        ? await readSources(context, sources)
        : { [configKey]: new TextEncoder().encode(config()) };
    await createSecret(context, flags, {
      name,
      type: 'kubernetes.io/dockerconfigjson',
      data,
      appendHash: flags['append-hash'],
    });
  },
});

async function readSources(
  context: KubectlContext,
  sources: readonly string[],
): Promise<Record<string, Uint8Array>> {
  const given = {
    'append-hash': false,
    'from-env-file': [],
    'from-file': sources,
    'from-literal': [],
  };
  const { env } = context.invocation;
  const rules = { env, what: 'secret', check: checkKey };
  return Object.fromEntries(await readData(context, given, rules));
}

interface Credentials {
  server: string;
  username: string;
  password: string;
  email: string;
}

function dockerConfig({ server, username, password, email }: Credentials): string {
  const auth = bytesToBase64(new TextEncoder().encode(`${username}:${password}`));
  const entry = { username, password, ...(email === '' ? {} : { email }), auth };
  return formatJson({ auths: { [server]: entry } }, { unsorted: true });
}

export const secretCommand = kubectlCommand({
  name: 'secret',
  use: '(docker-registry | generic | tls)',
  short: 'Create a secret using a specified subcommand',
  subcommands: [dockerRegistryCommand, genericCommand, tlsCommand],
});
