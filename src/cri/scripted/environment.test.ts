import { type JsonObject, create, toJson } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { CreateContainerRequestSchema, MountPropagation, NamespaceMode } from '#kube/cri/api_pb.ts';
import { environmentOf } from './environment.ts';

function variables(config: Parameters<typeof create<typeof CreateContainerRequestSchema>>[1]) {
  const request = create(CreateContainerRequestSchema, config);
  const json = toJson(CreateContainerRequestSchema, request) as JsonObject;
  return environmentOf(CreateContainerRequestSchema, json);
}

it('names fields by their paths', () => {
  const config = {
    metadata: { name: 'a', attempt: 2 },
    tty: true,
    linux: { securityContext: { namespaceOptions: { network: NamespaceMode.NODE } } },
  };
  expect(variables({ podSandboxId: 'toy-1', config })).toMatchObject({
    POD_SANDBOX_ID: 'toy-1',
    CONFIG_METADATA_NAME: 'a',
    CONFIG_METADATA_ATTEMPT: '2',
    CONFIG_METADATA: '{"name":"a","attempt":2}',
    CONFIG_TTY: 'true',
    CONFIG_LINUX_SECURITY_CONTEXT_NAMESPACE_OPTIONS_NETWORK: 'NODE',
  });
});

it('has no copy of all that is under a name of the top', () => {
  expect(variables({ config: { workingDir: '/' } })).toEqual({ CONFIG_WORKING_DIR: '/' });
});

it('quotes words so that a shell reads them as they are', () => {
  const command = ['sh', '-c', 'echo "$HOME"; echo it\'s\n', ''];
  expect(variables({ config: { command } })).toEqual({
    CONFIG_COMMAND: String.raw`'sh' '-c' 'echo "$HOME"; echo it'\''s` + "\n' ''",
  });
});

it('gives maps and lists of messages as JSON', () => {
  const labels = { 'a.b/c': '1' };
  const mounts = [{ hostPath: '/a', propagation: MountPropagation.PROPAGATION_HOST_TO_CONTAINER }];
  expect(variables({ config: { labels, mounts } })).toEqual({
    CONFIG_LABELS: '{"a.b/c":"1"}',
    CONFIG_MOUNTS: '[{"hostPath":"/a","propagation":"PROPAGATION_HOST_TO_CONTAINER"}]',
  });
});

it('leaves out what no variable can hold', () => {
  const config = { workingDir: 'a'.repeat(40_000), logPath: 'a\0b', metadata: { name: 'a' } };
  expect(Object.keys(variables({ config }))).toEqual(['CONFIG_METADATA', 'CONFIG_METADATA_NAME']);
});
