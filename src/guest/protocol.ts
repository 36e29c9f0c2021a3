/**
 * The numbers of images/guest/protocol.h, which explains them. A test compares the two files: each
 * `#define PREFIX_SOME_NAME` is `prefix.someName` here.
 */
export const protocol = {
  version: 1,
  frameMark: 0xa5,
  headerSize: 12,
  frameSizeMax: 32768,
  messageSizeMax: 1048576,
  guestWindow: 131072,
  streamCount: 3,
  helloSize: 32,
} as const;

export const helloMagic = 'sandglass agent\n';

export const flag = { more: 1 } as const;

export const frame = {
  hello: 1,
  open: 2,
  reply: 3,
  data: 4,
  credit: 5,
  end: 6,
  stop: 7,
  control: 8,
  result: 9,
  close: 10,
  reset: 11,
} as const;

export const close = { release: 0, kill: 1 } as const;

export const kind = {
  ping: 1,
  process: 2,
  readFile: 3,
  writeFile: 4,
  listDirectory: 5,
  fileOperation: 6,
  connect: 7,
  listen: 8,
  accepted: 9,
  serveHostcalls: 10,
  hostcall: 11,
  processEvents: 12,
  identity: 13,
  facts: 14,
  prepareSnapshot: 15,
  signal: 16,
  findWork: 17,
} as const;

export const control = { signal: 1, resize: 2, raw: 3, exit: 4, die: 5 } as const;

export const process = {
  stdin: 1,
  terminal: 2,
  newSession: 4,
  persistent: 8,
  extendEnvironment: 16,
} as const;

export const namespace = {
  mount: 1,
  pid: 2,
  network: 4,
  ipc: 8,
  uts: 16,
  cgroup: 32,
  user: 64,
} as const;

export const exit = { code: 0, signal: 1 } as const;

export const file = {
  stat: 1,
  lstat: 2,
  makeDirectory: 3,
  remove: 4,
  rename: 5,
  symlink: 6,
  readlink: 7,
  chmod: 8,
  chown: 9,
  truncate: 10,
} as const;

export const write = {
  create: 1,
  truncate: 2,
  append: 4,
  exclusive: 8,
  atomic: 16,
  mode: 32,
} as const;

export const family = { unix: 1, tcp: 2 } as const;

export const event = { fork: 1, exec: 2, exit: 3, uid: 4, gid: 5, comm: 6, lost: 7 } as const;

export const identity = {
  time: 1,
  entropy: 2,
  hostname: 4,
  machineId: 8,
  hardwareAddress: 16,
} as const;
