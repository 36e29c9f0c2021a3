import { existsSync } from 'node:fs';
import { cannotRunNatively } from '../native-agent.ts';

/** Why there can be no file here that is slow to read, if so. */
export const cannotBeSlow =
  cannotRunNatively ?? (existsSync('/dev/fuse') ? undefined : 'the kernel has no FUSE');

/**
 * A file system of one file, `f`, that says "slow". Before each read of it is answered, the program says so and
 * waits for a byte of its input. See Linux, include/uapi/linux/fuse.h.
 */
export const slowSource = `
  #include <fcntl.h>
  #include <linux/fuse.h>
  #include <stdio.h>
  #include <string.h>
  #include <sys/mount.h>
  #include <unistd.h>
  static int device;
  static void answer(const struct fuse_in_header *in, int error, const void *body, size_t size)
  {
    char buffer[4096];
    struct fuse_out_header out = { sizeof(out) + size, -error, in->unique };
    memcpy(buffer, &out, sizeof(out));
    memcpy(buffer + sizeof(out), body, size);
    (void)!write(device, buffer, out.len);
  }
  static struct fuse_attr attributes(unsigned long node)
  {
    struct fuse_attr attr = { .ino = node, .nlink = 1, .mode = node == 1 ? 040755 : 0100644 };
    if (node != 1)
      attr.size = 4;
    return attr;
  }
  static void serve(const struct fuse_in_header *in)
  {
    struct fuse_init_out init = { .major = 7, .minor = 31, .max_write = 4096 };
    struct fuse_entry_out entry = { .nodeid = 2, .attr = attributes(2) };
    struct fuse_attr_out attr = { .attr = attributes(in->nodeid) };
    struct fuse_open_out open = { .open_flags = FOPEN_DIRECT_IO };
    struct fuse_statfs_out statfs = { 0 };
    char go;
    switch (in->opcode) {
    case FUSE_INIT: answer(in, 0, &init, sizeof(init)); return;
    case FUSE_LOOKUP: answer(in, 0, &entry, sizeof(entry)); return;
    case FUSE_GETATTR: answer(in, 0, &attr, sizeof(attr)); return;
    case FUSE_OPEN: answer(in, 0, &open, sizeof(open)); return;
    case FUSE_STATFS: answer(in, 0, &statfs, sizeof(statfs)); return;
    case FUSE_RELEASE: answer(in, 0, "", 0); return;
    case FUSE_FORGET: case FUSE_BATCH_FORGET: return;
    case FUSE_READ:
      (void)!write(1, "reading\\n", 8);
      (void)!read(0, &go, 1);
      answer(in, 0, "slow", 4);
      return;
    default: answer(in, 38, "", 0);
    }
  }
  int main(int argc, char **argv)
  {
    static char request[1 << 20], options[100];
    device = open("/dev/fuse", O_RDWR);
    snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", device);
    if (mount("slow", argv[argc - 1], "fuse", 0, options) < 0)
      return 1;
    (void)!write(1, "ready\\n", 6);
    while (read(device, request, sizeof(request)) > 0)
      serve((void *)request);
  }`;
