import { type Document, YAMLMap, isMap, isScalar, parseDocument } from 'yaml';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import { quote } from '#kube/go-text.ts';
import { failure, wrapped } from '#cli/command/errors.ts';
import type { Files } from '#cli/ports.ts';

/** What crictl.yaml can say (crictl, pkg/common/file.go). */
export interface Configuration {
  'runtime-endpoint': string;
  'image-endpoint': string;
  /** In seconds. */
  timeout: number;
  debug: boolean;
  'pull-image-on-create': boolean;
  'disable-pull-on-run': boolean;
}

export type Option = keyof Configuration;

export const options: readonly Option[] = [
  'runtime-endpoint',
  'image-endpoint',
  'timeout',
  'debug',
  'pull-image-on-create',
  'disable-pull-on-run',
];

const empty: Configuration = {
  'runtime-endpoint': '',
  'image-endpoint': '',
  timeout: 0,
  debug: false,
  'pull-image-on-create': false,
  'disable-pull-on-run': false,
};

/** A configuration file; its comments stay when it is written. */
export class ConfigurationFile {
  readonly values: Configuration;
  readonly #document: Document;

  private constructor(document: Document, values: Configuration) {
    this.#document = document;
    this.values = values;
  }

  static parse(text: string): ConfigurationFile {
    const document = parseDocument(text);
    const [error] = document.errors;
    if (error) throw failure(`yaml: ${error.message.split('\n')[0] ?? ''}`);
    const values: Configuration = { ...empty };
    if (isMap(document.contents)) {
      for (const { key, value } of document.contents.items) {
        const name = isScalar(key) ? String(key.value) : '';
        if (!isOption(name)) throw failure(`Config option '${name}' is not valid`);
        const text = isScalar(value) ? value.source : '';
        Object.assign(values, {
          [name]: wrapped(`parsing config option '${name}'`, () => parseOption(name, text)),
        });
      }
    }
    return new ConfigurationFile(document, values);
  }

  set(name: string, text: string): void {
    if (!isOption(name)) throw failure(`no configuration option named ${name}`);
    const value = wrapped(`parse ${name} value '${text}'`, () => parseOption(name, text));
    Object.assign(this.values, { [name]: value });
  }

  /** With every option. */
  format(): string {
    if (!isMap(this.#document.contents)) this.#document.contents = new YAMLMap();
    for (const name of options) this.#document.set(name, this.values[name]);
    return this.#document.toString({ lineWidth: 0 });
  }
}

export function isOption(name: string): name is Option {
  return (options as readonly string[]).includes(name);
}

function parseOption(name: Option, text: string): string | number | boolean {
  if (name === 'timeout') return parseSeconds(text);
  return typeof empty[name] === 'boolean' ? parseBool(text) : text;
}

function parseSeconds(text: string): number {
  if (/^[-+]?\d+$/.test(text)) return Number(text);
  throw failure(`strconv.Atoi: parsing ${quote(text)}: invalid syntax`);
}

function parseBool(text: string): boolean {
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
  throw failure(`strconv.ParseBool: parsing ${quote(text)}: invalid syntax`);
}

/** Reads a file's text; errors are worded as Go's os package does. */
export async function readText(files: Files, path: string, signal: AbortSignal): Promise<string> {
  try {
    return new TextDecoder().decode(await files.read(path, { signal }));
  } catch (error) {
    throw pathError('open', path, error);
  }
}

/** As Go words what is wrong with a path: `open x: no such file or directory`. */
export function pathError(operation: string, path: string, thrown: unknown): SandglassError {
  const error = asSandglassError(thrown);
  const words: Readonly<Record<string, string>> = {
    ENOENT: 'no such file or directory',
    EACCES: 'permission denied',
    EISDIR: 'is a directory',
    ENOTDIR: 'not a directory',
    ENOSPC: 'no space left on device',
    EROFS: 'read-only file system',
  };
  const why = words[error.errno ?? ''] ?? error.message;
  return new SandglassError(error.code, `${operation} ${path}: ${why}`, {
    cause: error,
    ...(error.errno !== undefined && { errno: error.errno }),
  });
}
