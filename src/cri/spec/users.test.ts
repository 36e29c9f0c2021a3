import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { Int64ValueSchema, SupplementalGroupsPolicy } from '#kube/cri/api_pb.ts';
import { type WantedUser, resolveUser } from './users.ts';

const files = {
  passwd: '# users\nroot:x:0:0::/:/bin/sh\nalice:x:1000:1001::/:/bin/sh\n',
  group: 'root:x:0:\nstaff:x:1001:\nwheel:x:10:root,alice\naudio:x:29:alice\n',
};
const nobody: WantedUser = {
  runAsUser: undefined,
  runAsGroup: undefined,
  runAsUsername: '',
  imageUser: '',
  supplementalGroups: [],
  policy: SupplementalGroupsPolicy.Merge,
};
const number = (value: bigint) => create(Int64ValueSchema, { value });

describe('resolveUser', () => {
  it.each<[string, Partial<WantedUser>, [uid: number, gid: number, ...groups: number[]]]>([
    ['nobody in particular', {}, [0, 0, 0, 10]],
    ['a name of the image', { imageUser: 'alice' }, [1000, 1001, 1001, 10, 29]],
    ['a name and a group', { imageUser: 'alice:wheel' }, [1000, 10, 10, 29]],
    ['numbers that nobody knows', { imageUser: '7:8' }, [7, 8, 8]],
    ['a known number', { runAsUser: number(1000n) }, [1000, 1001, 1001, 10, 29]],
    [
      'an unknown number and groups',
      { runAsUser: number(7n), runAsGroup: number(8n), supplementalGroups: [9n, 8n] },
      [7, 8, 8, 9],
    ],
    ['a name rather than the image', { runAsUsername: 'root', imageUser: 'alice' }, [0, 0, 0, 10]],
    [
      'a strict policy',
      { runAsUsername: 'alice', policy: SupplementalGroupsPolicy.Strict, supplementalGroups: [5n] },
      [1000, 1001, 1001, 5],
    ],
  ])('%s', (_, wanted, [uid, gid, ...additionalGids]) => {
    expect(resolveUser({ ...nobody, ...wanted }, files)).toEqual({ uid, gid, additionalGids });
  });

  it('refuses a group without a user, and names that nobody has', () => {
    const resolve = (wanted: Partial<WantedUser>) => () =>
      resolveUser({ ...nobody, ...wanted }, files);
    expect(resolve({ runAsGroup: number(1n) })).toThrow('user group "1" is specified without user');
    expect(resolve({ imageUser: 'bob' })).toThrow('no users found that match "bob"');
    expect(resolve({ imageUser: 'root:none' })).toThrow('no groups found that match "none"');
  });
});
