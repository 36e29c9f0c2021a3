import { create } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import {
  CreateContainerRequestSchema,
  ExecSyncResponseSchema,
  ListContainersResponseSchema,
} from '#kube/cri/api_pb.ts';
import { plainMessage } from './plain-message.ts';

it('gives a message as JSON', () => {
  const message = create(ListContainersResponseSchema, { containers: [{ id: 'c1' }] });
  expect(plainMessage(ListContainersResponseSchema, message)).toEqual({
    json: { containers: [{ id: 'c1' }] },
  });
});

it('cuts long bytes short and says how many there were', () => {
  const stdout = new Uint8Array(16 << 20).fill(65);
  const message = create(ExecSyncResponseSchema, { stdout, stderr: Uint8Array.of(66) });
  const { json, shortened } = plainMessage(ExecSyncResponseSchema, message);
  expect(shortened).toEqual({ stdout: 16 << 20 });
  expect(json).toEqual({ stdout: btoa('A'.repeat(4096)), stderr: 'Qg==' });
  expect(message.stdout).toHaveLength(16 << 20);
});

it('cuts long texts short, wherever they are', () => {
  const annotations = { long: 'x'.repeat(100_000), short: 'y' };
  const message = create(CreateContainerRequestSchema, {
    podSandboxId: 's1',
    config: { annotations, args: ['z'.repeat(20_000)] },
  });
  const { json, shortened } = plainMessage(CreateContainerRequestSchema, message);
  expect(shortened).toEqual({ 'config.annotations.long': 100_000, 'config.args.0': 20_000 });
  expect(json).toMatchObject({
    podSandboxId: 's1',
    config: {
      annotations: { long: 'x'.repeat(16_384), short: 'y' },
      args: ['z'.repeat(16_384)],
    },
  });
});
