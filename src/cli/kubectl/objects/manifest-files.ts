import { readAllBytes } from '#base/byte-stream.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import { quote } from '#kube/go-text.ts';
import { parseYamlDocuments } from '#kube/schema/decode.ts';
import { failure } from '#cli/command/errors.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import type { DirectoryEntry } from '#cli/ports.ts';
import { isObject } from '#cli/text/json.ts';
import { type AnyObject } from './object-info.ts';

export interface FilenameOptions {
  filename: readonly string[];
  kustomize: string;
  recursive: boolean;
}

export interface ManifestFile {
  /** Its path, or `STDIN`. */
  source: string;
  read: () => Promise<string>;
}

export interface FoundFiles {
  files: ManifestFile[];
  /** Whether they can be more than one thing: a directory, a stream. */
  isPlural: boolean;
}

const extensions = ['.json', '.yaml', '.yml'];

/** Of `-f`, in order (cli-runtime, pkg/resource/builder.go, FilenameParam). */
export async function findFiles(
  context: KubectlContext,
  { filename, kustomize, recursive }: FilenameOptions,
): Promise<FoundFiles> {
  if (kustomize !== '') {
    if (filename.length > 0) throw failure('only one of -f or -k can be specified');
    if (recursive) throw failure("the -k flag can't be used with -f or -R");
    throw failure('-k is not supported: this kubectl has no kustomize');
  }
  const found: FoundFiles = { files: [], isPlural: false };
  for (const path of filename) {
    if (path === '-') {
      if (found.files.some(({ source }) => source === 'STDIN')) {
        throw failure('standard input cannot be used for multiple arguments');
      }
      found.files.push(standardInput(context));
      found.isPlural = true;
    } else if (/^https?:\/\//.test(path)) {
      throw failure(
        `${quote(path)} cannot be read: the node has no way to the outside network; load the file into the node and give its path`,
      );
    } else {
      const files = await expand(context, path, recursive);
      if (files.length > 1) found.isPlural = true;
      found.files.push(...files);
    }
  }
  if (filename.length > 0 && found.files.length === 0) {
    throw failure(
      `error reading [${filename.join(' ')}]: recognized file extensions are [${extensions.join(' ')}]`,
    );
  }
  return found;
}

function standardInput({ invocation }: KubectlContext): ManifestFile {
  return {
    source: 'STDIN',
    read: async () =>
      new TextDecoder().decode(await readAllBytes(invocation.stdin, invocation.signal)),
  };
}

async function expand(
  context: KubectlContext,
  path: string,
  recursive: boolean,
): Promise<ManifestFile[]> {
  const { files, signal } = context.invocation;
  try {
    const { type } = await files.stat(path, signal);
    if (type !== 'directory') return [diskFile(context, path)];
  } catch (error) {
    const { code, message } = asSandglassError(error);
    if (code === 'not-found') throw failure(`the path ${quote(path)} does not exist`);
    throw failure(`the path ${quote(path)} cannot be accessed: ${message}`);
  }
  return directoryFiles(context, path.replace(/\/+$/, ''), recursive);
}

async function directoryFiles(
  context: KubectlContext,
  directory: string,
  recursive: boolean,
): Promise<ManifestFile[]> {
  const { files, signal } = context.invocation;
  const found: ManifestFile[] = [];
  for (const entry of await files.list(directory, signal)) {
    const path = `${directory}/${entry.name}`;
    if (entry.type === 'directory') {
      if (recursive) found.push(...(await directoryFiles(context, path, recursive)));
    } else if (isManifest(entry)) {
      found.push(diskFile(context, path));
    }
  }
  return found;
}

function isManifest({ name }: DirectoryEntry): boolean {
  return extensions.some((extension) => name.endsWith(extension));
}

function diskFile({ invocation }: KubectlContext, path: string): ManifestFile {
  const { files, signal } = invocation;
  return {
    source: path,
    read: async () => new TextDecoder().decode(await files.read(path, { signal })),
  };
}

/** The objects of a file, one a document. */
export async function readObjects({ source, read }: ManifestFile): Promise<AnyObject[]> {
  const text = await read();
  return parseManifest(text, source);
}

export function parseManifest(text: string, source: string): AnyObject[] {
  let documents: ReturnType<typeof parseYamlDocuments>;
  try {
    documents = parseYamlDocuments(text);
  } catch (error) {
    throw failure(`error parsing ${source}: ${asSandglassError(error).message}`);
  }
  // Of a key that stands twice the last counts; only the server minds.
  return documents.map(({ value }) => checked(value, source));
}

/** What every object must say of itself (kubectl, pkg/validation, and unstructured's decoder). */
function checked(value: unknown, source: string): AnyObject {
  if (!isObject(value)) {
    throw failure(
      `error validating ${quote(source)}: error validating data: invalid object to validate; ${stopValidating}`,
    );
  }
  const missing = ['apiVersion', 'kind'].filter((key) => {
    const word = value[key];
    return typeof word !== 'string' || word === '';
  });
  if (missing.length === 0) return value;
  const texts = missing.map((key) => `${key} not set`);
  const text = texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
  throw failure(
    `error validating ${quote(source)}: error validating data: ${text}; ${stopValidating}`,
  );
}

const stopValidating =
  'if you choose to ignore these errors, turn validation off with --validate=false';

/** One file's text, of whatever command. */
export async function readTextFile(context: KubectlContext, path: string): Promise<string> {
  if (path === '-') return standardInput(context).read();
  try {
    return await diskFile(context, path).read();
  } catch (error) {
    if (error instanceof SandglassError && error.code === 'not-found') {
      throw failure(`open ${path}: no such file or directory`);
    }
    throw error;
  }
}
