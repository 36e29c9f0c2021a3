/** What goes between the VMM's process on the node and here: images/guest/kata-vmm. */
export const vmmFrame = {
  ethernet: 'n',
  ninep: 'p',
  /** A client on the node wants a port of the machine: u32 connection, u32 port. */
  open: 'o',
  /** u32 connection, u32 0 or an errno. */
  opened: 'O',
  /** u32 connection, bytes. */
  data: 'd',
  /** u32 connection, u32 bytes more that it may be sent. */
  credit: 'w',
  /** u32 connection. */
  close: 'c',
} as const;

/** Bytes: a 9P message is the longest. */
export const vmmPayloadMax = 256 << 10;
/** Bytes that either side of a connection may be sent before it has given credit. */
export const firstCredit = 64 << 10;
