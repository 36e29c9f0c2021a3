import { definitionOf, hasDefinition } from '#kube/schema/definitions.ts';
import type { Parameter } from './parameters.ts';
import { allPaths, groupVersionPath, type Operation, type PathItem } from './paths.ts';
import {
  allSchemas,
  patchName,
  reference,
  withReferences,
  type Descriptions,
  type OpenApiVersion,
  type SchemaObject,
} from './schemas.ts';

/** An OpenAPI document as plain JSON. */
export type Document = Record<string, unknown>;

const info = { title: 'Kubernetes', version: 'v1.36.0' };
const mediaTypes = ['application/json', 'application/yaml'];
const patchMediaTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];

/** Everything in one document, for clients up to kubectl 1.26 and for `kubectl apply`. */
export function swaggerDocument(descriptions: Descriptions): Document {
  return {
    swagger: '2.0',
    info,
    paths: Object.fromEntries(allPaths().map((item) => [item.path, pathItemV2(item)])),
    definitions: allSchemas(2, descriptions),
  };
}

/** One document for each group and version, by path such as `apis/node.k8s.io/v1`. */
export function openApiDocuments(descriptions: Descriptions): Map<string, Document> {
  const schemas = allSchemas(3, descriptions);
  const byPath = new Map<string, PathItem[]>();
  for (const item of allPaths()) {
    const path = groupVersionPath(item.groupVersion);
    byPath.set(path, [...(byPath.get(path) ?? []), item]);
  }
  return new Map(
    [...byPath].map(([path, items]) => {
      const paths = Object.fromEntries(items.map((item) => [item.path, pathItemV3(item)]));
      const named = JSON.stringify(paths).matchAll(/#\/components\/schemas\/([\w.]+)/g);
      const used = withReferences(
        schemas,
        [...named].map(([, name = '']) => name),
      );
      return [path, { openapi: '3.0.0', info, paths, components: { schemas: used } }];
    }),
  );
}

function schemaReference(name: string, version: OpenApiVersion): SchemaObject {
  const full = hasDefinition(name) ? definitionOf(name).openApiName : patchName;
  return { $ref: reference(full, version) };
}

function pathItemV2({ parameters, operations }: PathItem): SchemaObject {
  return {
    ...Object.fromEntries(
      operations.map((operation) => [operation.method, operationV2(operation)]),
    ),
    parameters: parameters.map(parameterV2),
  };
}

function operationV2(operation: Operation): SchemaObject {
  const { body, answer } = operation;
  const bodyParameter = {
    in: 'body',
    name: 'body',
    required: operation.method !== 'delete',
    schema: body === undefined ? {} : schemaReference(body, 2),
  };
  return {
    ...common(operation),
    consumes: operation.method === 'patch' ? patchMediaTypes : ['*/*'],
    produces: answer === undefined ? ['*/*'] : mediaTypes,
    schemes: ['https'],
    parameters: [
      ...(body === undefined ? [] : [bodyParameter]),
      ...operation.parameters.map(parameterV2),
    ],
    responses: {
      '200': {
        description: 'OK',
        schema: answer === undefined ? { type: 'string' } : schemaReference(answer, 2),
      },
    },
    ...kubernetesExtensions(operation),
  };
}

function parameterV2({ name, in: place, description, type, isRequired }: Parameter): SchemaObject {
  return {
    description,
    in: place,
    name,
    ...(isRequired ? { required: true } : {}),
    type,
    uniqueItems: true,
  };
}

function pathItemV3({ parameters, operations }: PathItem): SchemaObject {
  return {
    ...Object.fromEntries(
      operations.map((operation) => [operation.method, operationV3(operation)]),
    ),
    parameters: parameters.map(parameterV3),
  };
}

function operationV3(operation: Operation): SchemaObject {
  const { body, answer, method } = operation;
  const accepted = method === 'patch' ? patchMediaTypes : ['*/*'];
  const content = (types: readonly string[], schema: SchemaObject) =>
    Object.fromEntries(types.map((type) => [type, { schema }]));
  return {
    ...common(operation),
    parameters: operation.parameters.map(parameterV3),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            content: content(accepted, schemaReference(body, 3)),
            ...(method === 'delete' ? {} : { required: true }),
          },
        }),
    responses: {
      '200': {
        description: 'OK',
        content:
          answer === undefined
            ? content(['*/*'], { type: 'string' })
            : content(mediaTypes, schemaReference(answer, 3)),
      },
    },
    ...kubernetesExtensions(operation),
  };
}

function parameterV3({ name, in: place, description, type, isRequired }: Parameter): SchemaObject {
  return {
    name,
    in: place,
    description,
    ...(isRequired ? { required: true } : {}),
    schema: { type, uniqueItems: true },
  };
}

function common({ tag, description, operationId }: Operation): SchemaObject {
  return { tags: [tag], description, operationId };
}

function kubernetesExtensions({ action, kind }: Operation): SchemaObject {
  return { 'x-kubernetes-action': action, 'x-kubernetes-group-version-kind': kind };
}
