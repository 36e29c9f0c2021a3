import { create } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { DNSConfigSchema } from '#kube/cri/api_pb.ts';
import { resolverText } from './sandbox-files.ts';

it('resolverText writes what is given, in the order of containerd', () => {
  const config = create(DNSConfigSchema, {
    servers: ['10.0.0.1', '10.0.0.2'],
    searches: ['a.b', 'c'],
    options: ['ndots:5', 'edns0'],
  });
  expect(resolverText(config)).toBe(
    'search a.b c\nnameserver 10.0.0.1\nnameserver 10.0.0.2\noptions ndots:5 edns0\n',
  );
  expect(resolverText(create(DNSConfigSchema))).toBe('');
});
