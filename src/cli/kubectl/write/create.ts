import { quote } from '#kube/go-text.ts';
import { bytesToBase64 } from '#kube/schema/base64.ts';
import { resources } from '#kube/resources.ts';
import { string } from '#cli/command/flags.ts';
import { failure, usageError } from '#cli/command/errors.ts';
import type { Call } from '#cli/command/command.ts';
import {
  dryRunOf,
  fieldValidationOf,
  filenameFlags,
  filenames,
  operationText,
  selectorFlag,
} from '#cli/kubectl/common-flags.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { withSource } from '#cli/kubectl/error-text.ts';
import { kubectlCommand } from '#cli/kubectl/kubectl-command.ts';
import { findObjects, forEachInfo } from '#cli/kubectl/objects/find-objects.ts';
import type { AnyObject, Info } from '#cli/kubectl/objects/object-info.ts';
import { sendRaw } from '#cli/kubectl/objects/raw.ts';
import { createObject } from '#cli/kubectl/objects/request.ts';
import { objectPrinter } from '#cli/kubectl/printing/print-flags.ts';
import { contentHash, dataFlags, keyProblems, readData } from './create-data.ts';
import { createFlags, createMade, explicitNamespace, nameArgument } from './create-object.ts';
import { secretCommand } from './create-secret.ts';
import { maybeWithLastApplied } from './last-applied.ts';

const namespaceCommand = kubectlCommand({
  name: 'namespace',
  aliases: ['ns'],
  use: 'NAME [--dry-run=server|client|none]',
  short: 'Create a namespace with the specified name',
  examples: [['A new namespace named my-namespace', 'kubectl create namespace my-namespace']],
  flags: createFlags,
  async run(call) {
    const object = {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: nameArgument(call) },
      spec: {},
      status: {},
    };
    await createMade(call.context, call.flags, { resource: resources.namespaces, object });
  },
});

const configMapCommand = kubectlCommand({
  name: 'configmap',
  aliases: ['cm'],
  use: 'NAME [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]',
  short: 'Create a config map from a local file, directory or literal value',
  examples: [
    ['Of a file', 'kubectl create configmap my-config --from-file=path/to/file'],
    [
      'Of literals',
      'kubectl create configmap my-config --from-literal=key1=a --from-literal=key2=b',
    ],
  ],
  flags: { ...createFlags, ...dataFlags },
  async run(call) {
    const { context, flags } = call;
    const name = nameArgument(call);
    const entries = await readData(context, flags, {
      env: context.invocation.env,
      what: 'config',
      check: (key, isTaken) => checkConfigMapKey(key, isTaken, name),
    });
    const data: Record<string, string> = {};
    const binaryData: Record<string, string> = {};
    for (const [key, bytes] of entries) {
      const text = decodeUtf8(bytes);
      if (text === undefined) binaryData[key] = bytesToBase64(bytes);
      else data[key] = text;
    }
    const binary = Object.keys(binaryData).length > 0 ? { binaryData } : {};
    const contents = { kind: 'ConfigMap', name, data, ...binary };
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: flags['append-hash'] ? `${name}-${contentHash(contents)}` : name,
        ...(await explicitNamespace(context)),
      },
      ...(Object.keys(data).length > 0 ? { data } : {}),
      ...binary,
    };
    const complaint = 'failed to create configmap: ';
    await createMade(context, flags, { resource: resources.configMaps, object, complaint });
  },
});

function checkConfigMapKey(key: string, isTaken: boolean, name: string): void {
  const problems = keyProblems(key);
  if (problems.length > 0) {
    throw failure(`${quote(key)} is not a valid key name for a ConfigMap: ${problems.join(',')}`);
  }
  if (isTaken) {
    throw failure(
      `cannot add key ${quote(key)}, another key by that name already exists in Data for ConfigMap ${quote(name)}`,
    );
  }
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Not text: kept as bytes.
    return undefined;
  }
}

/** What upstream's can create besides, and what it says on a server that has no such things. */
const unservedCommands = Object.entries({
  clusterrole: [],
  clusterrolebinding: [],
  cronjob: ['cj'],
  deployment: ['deploy'],
  ingress: ['ing'],
  job: [],
  poddisruptionbudget: ['pdb'],
  priorityclass: ['pc'],
  quota: ['resourcequota'],
  role: [],
  rolebinding: [],
  service: ['svc'],
  serviceaccount: ['sa'],
  token: [],
}).map(([name, aliases]) =>
  kubectlCommand({
    name,
    aliases,
    short: 'Not on this server',
    hidden: true,
    anyArguments: true,
    run: () => {
      throw failure(`failed to create ${name}: the server could not find the requested resource`);
    },
  }),
);

const flags = {
  ...createFlags,
  ...filenameFlags,
  ...selectorFlag,
  raw: string('Path to POST to, as it is.'),
};

type CreateCall = Call<KubectlContext, typeof flags>;

export const createCommand = kubectlCommand({
  name: 'create',
  use: '-f FILENAME',
  short: 'Create a resource from a file or from stdin',
  examples: [
    ['The pod of a file', 'kubectl create -f ./pod.yaml'],
    ['From the standard input', 'cat pod.json | kubectl create -f -'],
  ],
  flags,
  subcommands: [configMapCommand, namespaceCommand, secretCommand, ...unservedCommands],
  run: create,
});

/** kubectl, pkg/cmd/create/create.go, Validate */
async function createRaw({ context, flags: given }: CreateCall): Promise<void> {
  const { filename, recursive, selector, output, raw } = given;
  const [file] = filename;
  if (filename.length !== 1 || file === undefined) {
    throw failure('--raw can only use a single local file or stdin');
  }
  if (recursive) throw failure('--raw and --recursive are mutually exclusive');
  if (selector !== '') throw failure('--raw and --selector (-l) are mutually exclusive');
  if (output !== '') throw failure('--raw and --output are mutually exclusive');
  await sendRaw(context, { method: 'POST', path: raw, file });
}

async function create(call: CreateCall): Promise<void> {
  const { context, flags: given, args, path } = call;
  if (args.length > 0) throw usageError(path, `Unexpected args: [${args.join(' ')}]`);
  if (given.filename.length === 0 && given.kustomize === '') {
    throw failure('must specify one of -f and -k');
  }
  if (given.raw !== '') {
    await createRaw(call);
    return;
  }
  const dryRun = await dryRunOf(context, given['dry-run']);
  const fieldValidation = fieldValidationOf(given.validate);
  const printer = await objectPrinter(context, given, operationText('created', dryRun));
  const found = await findObjects(context, {
    files: filenames(given),
    labelSelector: given.selector,
    flatten: true,
  });
  const send = async (info: Info, object: AnyObject): Promise<AnyObject> => {
    try {
      return await createObject(context, info, object, {
        fieldManager: given['field-manager'],
        fieldValidation,
        dryRun: dryRun === 'server',
      });
    } catch (error) {
      throw withSource('creating', info.source, error);
    }
  };
  await forEachInfo(found, async (info) => {
    if (!info.object) return;
    const object = maybeWithLastApplied(info.object, given['save-config']);
    const created = dryRun === 'client' ? object : await send(info, object);
    await context.out.write(printer.print(created));
  });
  if (found.infos.length === 0) throw failure('no objects passed to create');
}
