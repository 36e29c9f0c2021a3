import { SandglassError } from '#base/errors.ts';
import { type Int64Value, SupplementalGroupsPolicy } from '#kube/cri/api_pb.ts';
import type { ProcessSpec } from '#oci/runtime-spec.ts';

/** /etc/passwd and /etc/group of a root file system; empty if it has none. */
export interface AccountFiles {
  passwd: string;
  group: string;
}

export interface WantedUser {
  runAsUser: Int64Value | undefined;
  runAsGroup: Int64Value | undefined;
  runAsUsername: string;
  /** `user`, `user:group`, by names or numbers. */
  imageUser: string;
  supplementalGroups: readonly bigint[];
  policy: SupplementalGroupsPolicy;
}

/** Who the container's process is (containerd, pkg/oci/spec_opts.go, WithUser and WithAdditionalGIDs). */
export function resolveUser(wanted: WantedUser, files: AccountFiles): ProcessSpec['user'] {
  const text = userText(wanted);
  const accounts = parseLines(files.passwd);
  const groups = parseLines(files.group);
  const [userPart = '', groupPart] = text.split(':');
  const account = findAccount(userPart, accounts);
  const uid = account ? Number(account[2]) : numberOr(userPart, 'users');
  const gid = groupPart === undefined ? Number(account?.[3] ?? 0) : groupNumber(groupPart, groups);
  const supplemental = wanted.supplementalGroups.map(Number);
  const own =
    wanted.policy === SupplementalGroupsPolicy.Merge ? memberships(account?.[0], groups) : [];
  return { uid, gid, additionalGids: [...new Set([gid, ...own, ...supplemental])] };
}

/** internal/cri/util, GenerateUserString */
function userText({ runAsUser, runAsGroup, runAsUsername, imageUser }: WantedUser): string {
  const user = runAsUsername || (runAsUser ? String(runAsUser.value) : '');
  if (user === '' && runAsGroup) {
    throw new SandglassError(
      'unknown',
      `failed to generate user string: user group "${runAsGroup.value}" is specified without user`,
    );
  }
  if (user === '') return imageUser === '' ? '0' : imageUser;
  return runAsGroup ? `${user}:${runAsGroup.value}` : user;
}

function parseLines(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'));
}

function findAccount(user: string, accounts: readonly string[][]): string[] | undefined {
  const byNumber = /^\d+$/.test(user);
  return accounts.find((fields) => fields[byNumber ? 2 : 0] === user);
}

function groupNumber(group: string, groups: readonly string[][]): number {
  const found = groups.find(([name]) => name === group);
  return found ? Number(found[2]) : numberOr(group, 'groups');
}

function numberOr(text: string, what: 'users' | 'groups'): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new SandglassError('unknown', `no ${what} found that match "${text}"`);
}

function memberships(name: string | undefined, groups: readonly string[][]): number[] {
  if (name === undefined) return [];
  return groups
    .filter(([, , , members = '']) => members.split(',').includes(name))
    .map(([, , gid]) => Number(gid));
}
