import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { SandglassError } from '#base/errors.ts';
import { quote } from '#kube/go-text.ts';
import { isConfigMapKey, isEnvVarName } from '#kube/validation/names.ts';
import { bool, list, texts, type Values } from '#cli/command/flags.ts';
import { failure } from '#cli/command/errors.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { baseName } from '#cli/text/io.ts';
import { formatJson } from '#cli/text/json.ts';

/** Where the contents of a config map or secret come from. */
export const dataFlags = {
  'append-hash': bool('Append a hash of the contents to the name.'),
  'from-env-file': list('File with lines of key=val pairs.'),
  'from-file': list(
    'File whose contents become a value, as [key=]path; of a directory, every file in it.',
  ),
  'from-literal': texts('Key and value, such as mykey=somevalue.'),
};

type DataFlags = Values<typeof dataFlags>;

export interface DataRules {
  env: Readonly<Record<string, string>>;
  /** Refuses a key that is not allowed or already there. */
  check: (key: string, isTaken: boolean) => void;
  /** `config` or `secret`, for a message. */
  what: string;
}

/** Key by key, in the order in which kubectl reads its options. */
export async function readData(
  { invocation }: KubectlContext,
  flags: DataFlags,
  { env, check, what }: DataRules,
): Promise<Map<string, Uint8Array>> {
  const { files, signal } = invocation;
  if (flags['from-env-file'].length > 0) {
    if (flags['from-file'].length > 0 || flags['from-literal'].length > 0) {
      throw failure('from-env-file cannot be combined with from-file or from-literal');
    }
  }
  const data = new Map<string, Uint8Array>();
  const add = (key: string, value: Uint8Array) => {
    check(key, data.has(key));
    data.set(key, value);
  };
  const typeOf = async (path: string) => {
    try {
      return (await files.stat(path, signal)).type;
    } catch (error) {
      const isMissing = error instanceof SandglassError && error.code === 'not-found';
      if (isMissing) throw failure(`error reading ${path}: no such file or directory`);
      throw error;
    }
  };
  for (const source of flags['from-file']) {
    const { key, path } = fileSource(source);
    if ((await typeOf(path)) !== 'directory') {
      add(key, await files.read(path, { signal }));
      continue;
    }
    if (source.includes('=')) throw failure('cannot give a key name for a directory path');
    for (const entry of await files.list(path, signal)) {
      if (entry.type !== 'file') continue;
      add(entry.name, await files.read(`${path}/${entry.name}`, { signal }));
    }
  }
  for (const source of flags['from-literal']) {
    const equals = source.indexOf('=');
    if (equals <= 0) throw failure(`invalid literal source ${source}, expected key=value`);
    add(source.slice(0, equals), utf8ToBytes(source.slice(equals + 1)));
  }
  for (const path of flags['from-env-file']) {
    if ((await typeOf(path)) === 'directory') {
      throw failure(`env ${what} file cannot be a directory`);
    }
    const text = new TextDecoder().decode(await files.read(path, { signal }));
    for (const [key, value] of envLines(text, env)) add(key, utf8ToBytes(value));
  }
  return data;
}

/** kubectl, pkg/util/util.go, ParseFileSource */
function fileSource(source: string): { key: string; path: string } {
  const parts = source.split('=');
  const [key = '', path = ''] = parts;
  if (parts.length === 1) return { key: baseName(source), path: source };
  if (parts.length > 2) throw failure("key names or file paths cannot contain '='");
  if (key === '') throw failure(`key name for file path ${path} missing`);
  if (path === '') throw failure(`file path for key name ${key} missing`);
  return { key, path };
}

/** A key without a value takes the caller's own (kubectl, pkg/cmd/util/env_file.go). */
function envLines(text: string, env: Readonly<Record<string, string>>): [string, string][] {
  const pairs: [string, string][] = [];
  for (const line of text.split('\n').map((one) => one.replace(/\r$/, '').trimStart())) {
    if (line === '' || line.startsWith('#')) continue;
    const equals = line.indexOf('=');
    const key = equals < 0 ? line : line.slice(0, equals);
    const problems = isEnvVarName(key);
    if (problems.length > 0) {
      throw failure(`${quote(key)} is not a valid key name: ${problems.join(';')}`);
    }
    pairs.push([key, equals < 0 ? (env[key] ?? '') : line.slice(equals + 1)]);
  }
  return pairs;
}

export function keyProblems(key: string): readonly string[] {
  return isConfigMapKey(key);
}

const hashLetters: Readonly<Record<string, string>> = { 0: 'g', 1: 'h', 3: 'k', a: 'm', e: 't' };

/** Ten letters without vowels and their like (kubectl, pkg/util/hash). */
export function contentHash(content: object): string {
  const hex = bytesToHex(sha256(utf8ToBytes(formatJson(content)))).slice(0, 10);
  return hex.replaceAll(/[013ae]/g, (digit) => hashLetters[digit] ?? digit);
}
