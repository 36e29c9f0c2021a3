import { quote } from '#kube/go-text.ts';
import { apiVersionOf, type Resource } from '#kube/resources.ts';
import { parseLabelSelector } from '#kube/selectors.ts';
import { failure, throwFailures } from '#cli/command/errors.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { without } from '#cli/text/json.ts';
import { findFiles, readObjects, type FilenameOptions } from './manifest-files.ts';
import { infoOf } from './info-of.ts';
import { listObjects, type ListOptions } from './list-objects.ts';
import { isList, metadataOf, type AnyObject, type Info } from './object-info.ts';
import { getObject } from './request.ts';
import {
  parseResourceArguments,
  splitTuple,
  type ResourceArguments,
} from './resource-arguments.ts';

export interface FindOptions extends ListOptions {
  args?: readonly string[];
  /** The kind of arguments that are names only, such as `pods` of `kubectl logs`. */
  defaultType?: string;
  files?: FilenameOptions;
  allNamespaces?: boolean;
  /** `--all` */
  selectAll?: boolean;
  /** A kind alone means all of it. */
  allowEmptySelector?: boolean;
  singleType?: boolean;
  subresource?: string;
  /** Of objects in files, what the server has is wanted. */
  latest?: boolean;
  /** Objects given by name are asked for. */
  requireObject?: boolean;
  /** A list is what it holds, and not itself. */
  flatten?: boolean;
  /** Objects of files stay as they are there: the server has no part in it. */
  local?: boolean;
  /** Drops failures such as those of objects that are not there. */
  ignore?: (error: unknown) => boolean;
}

export interface Found {
  infos: Info[];
  /** What could not be had; the rest is there all the same. */
  errors: unknown[];
  /** Whether the command line means exactly one thing. */
  isSingle: boolean;
}

const missingResource = `You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'`;

/** What a command line is about (cli-runtime, pkg/resource/builder.go). */
export async function findObjects(context: KubectlContext, options: FindOptions): Promise<Found> {
  return new Finder(context, options).find();
}

class Finder {
  readonly #context: KubectlContext;
  readonly #options: FindOptions;
  readonly #infos: Info[] = [];
  readonly #errors: unknown[] = [];

  constructor(context: KubectlContext, options: FindOptions) {
    this.#context = context;
    this.#options = options;
  }

  async find(): Promise<Found> {
    const { args = [], defaultType, files, labelSelector = '', fieldSelector = '' } = this.#options;
    const { selectAll = false, allowEmptySelector = false } = this.#options;
    if (selectAll) this.#checkSelectAll();
    const given =
      defaultType === undefined
        ? await parseResourceArguments(args, this.#context.discovery)
        : withDefaultType(args, defaultType);
    if (files && (files.filename.length > 0 || files.kustomize !== '')) {
      return this.#byFiles(files, given);
    }
    const impliesAll = allowEmptySelector && given.types.length > 0 && given.names.length === 0;
    if (selectAll || labelSelector.trim() !== '' || fieldSelector.trim() !== '' || impliesAll) {
      return this.#bySelector(given);
    }
    if (given.tuples.length > 0) return this.#byTuples(given);
    if (given.names.length > 0) return this.#byName(given);
    for (const type of given.types) await this.#context.discovery.resourceFor(type);
    if (given.types.length > 0) {
      throw failure('resource(s) were provided, but no name was specified');
    }
    throw failure(missingResource);
  }

  #checkSelectAll(): void {
    const { labelSelector = '', fieldSelector = '' } = this.#options;
    if (labelSelector !== '' || fieldSelector !== '') {
      throw failure("setting 'all' parameter but found a non empty selector. ");
    }
  }

  async #byFiles(files: FilenameOptions, given: ResourceArguments): Promise<Found> {
    if (given.types.length > 0) {
      throw failure(
        'when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well',
      );
    }
    if (given.tuples.length > 0) {
      throw failure('resource/name arguments cannot be provided when a path is specified');
    }
    const found = await findFiles(this.#context, files);
    for (const file of found.files) {
      await this.#attempt(async () => {
        for (const object of await readObjects(file)) await this.#addObject(object, file.source);
      });
    }
    return this.#result(!found.isPlural && found.files.length === 1);
  }

  /** An object of a file, or each of a list. */
  async #addObject(object: AnyObject, source: string): Promise<void> {
    if (isList(object)) {
      for (const item of object.items) await this.#addObject(item, source);
      return;
    }
    await this.#attempt(async () => {
      const { name = '', namespace = '' } = metadataOf(object);
      const info = await infoOf(this.#context, object, source);
      if (!this.#isSelected(object)) return;
      if (!this.#options.local) await this.#setNamespace(info, namespace);
      if (this.#options.latest && name !== '') {
        info.object = await getObject(this.#context, info, this.#options.read);
      }
      this.#infos.push(info);
    });
  }

  #isSelected(object: AnyObject): boolean {
    const { labelSelector = '' } = this.#options;
    if (labelSelector.trim() === '') return true;
    return parseLabelSelector(labelSelector).matches(metadataOf(object).labels);
  }

  /** visitor.go: SetNamespace, RequireNamespace, FilterNamespace */
  async #setNamespace(info: Info, own: string): Promise<void> {
    if (!info.resource.namespaced) {
      info.namespace = '';
      if (info.object && own !== '') setNamespace(info.object, undefined);
      return;
    }
    const { name, isExplicit } = await this.#context.namespace();
    if (own === '') {
      info.namespace = name;
      if (info.object) setNamespace(info.object, name);
    } else if (isExplicit && own !== name) {
      throw failure(
        `the namespace from the provided object ${quote(own)} does not match the namespace ${quote(name)}. You must pass '--namespace=${own}' to perform this operation.`,
      );
    }
  }

  async #bySelector(given: ResourceArguments): Promise<Found> {
    if (given.names.length > 0) {
      throw failure('name cannot be provided when a selector is specified');
    }
    if (given.tuples.length > 0) {
      throw failure(
        'selectors and the all flag cannot be used when passing resource/name arguments',
      );
    }
    if (given.types.length === 0) {
      throw failure('at least one resource must be specified to use a selector');
    }
    if (this.#options.subresource) {
      throw failure('subresource cannot be used when bulk resources are specified');
    }
    for (const resource of await this.#resources(given.types)) {
      await this.#attempt(() => this.#list(resource));
    }
    return this.#result(false);
  }

  async #list(resource: Resource): Promise<void> {
    const namespace = await this.#namespaceOf(resource);
    const list = await listObjects(this.#context, resource, namespace, this.#options);
    if (!this.#options.flatten || !isList(list)) {
      this.#infos.push({ resource, namespace, name: '', object: list });
      return;
    }
    for (const item of list.items) {
      const { name = '', namespace: own = '' } = metadataOf(item);
      const object = { apiVersion: apiVersionOf(resource), kind: resource.kind, ...item };
      this.#infos.push({ resource, namespace: own, name, object });
    }
  }

  async #byTuples(given: ResourceArguments): Promise<Found> {
    const types = [...new Set(given.tuples.map(({ type }) => type))];
    const resources = await Promise.all(
      types.map((type) => this.#context.discovery.resourceFor(type)),
    );
    if (this.#options.singleType && new Set(resources).size > 1) throw multipleTypes();
    for (const { type, name } of given.tuples) {
      const resource = resources[types.indexOf(type)];
      if (resource) await this.#addNamed(resource, name);
    }
    return this.#result(given.tuples.length === 1);
  }

  async #byName({ types, names }: ResourceArguments): Promise<Found> {
    if (types.length > 1) throw failure('you must specify only one resource');
    const [resource] = await this.#resources(types);
    if (!resource) throw failure('you must provide a resource and a resource name together');
    for (const name of names) await this.#addNamed(resource, name);
    return this.#result(names.length === 1);
  }

  async #addNamed(resource: Resource, name: string): Promise<void> {
    const namespace = await this.#namespaceOf(resource);
    if (resource.namespaced && namespace === '') {
      throw failure('a resource cannot be retrieved by name across all namespaces');
    }
    const info: Info = { resource, namespace, name };
    await this.#attempt(async () => {
      if (this.#options.requireObject ?? true) {
        const { read, subresource } = this.#options;
        info.object = await getObject(this.#context, info, { ...read, subresource });
      }
      this.#infos.push(info);
    });
  }

  async #resources(types: readonly string[]): Promise<Resource[]> {
    if (types.length > 1 && this.#options.singleType) throw multipleTypes();
    const found: Resource[] = [];
    for (const type of types) {
      const resource = await this.#context.discovery.resourceFor(type);
      if (!found.includes(resource)) found.push(resource);
    }
    return found;
  }

  async #namespaceOf(resource: Resource): Promise<string> {
    if (!resource.namespaced || this.#options.allNamespaces) return '';
    return (await this.#context.namespace()).name;
  }

  async #attempt(run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      if (this.#context.signal.aborted) throw error;
      if (!this.#options.ignore?.(error)) this.#errors.push(error);
    }
  }

  #result(isSingle: boolean): Found {
    return { infos: this.#infos, errors: this.#errors, isSingle };
  }
}

function multipleTypes(): Error {
  return failure('you may only specify a single resource type');
}

function withDefaultType(args: readonly string[], type: string): ResourceArguments {
  const tuples = args.map((word) => (word.includes('/') ? splitTuple(word) : { type, name: word }));
  return { types: [], names: [], tuples };
}

export function setNamespace(object: AnyObject, namespace: string | undefined): void {
  const metadata = without(metadataOf(object), 'namespace');
  object.metadata = namespace === undefined ? metadata : { ...metadata, namespace };
}

/** Calls for each; the failures of all come together at the end. */
export async function forEachInfo(
  { infos, errors }: Found,
  visit: (info: Info) => Promise<void>,
  ignore: (error: unknown) => boolean = () => false,
): Promise<void> {
  const failures = [...errors];
  for (const info of infos) {
    try {
      await visit(info);
    } catch (error) {
      if (!ignore(error)) failures.push(error);
    }
  }
  throwFailures(failures);
}
