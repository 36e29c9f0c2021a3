/* Settings of the kernel: files of /proc and /sys. */
#ifndef SANDGLASS_SETTINGS_H
#define SANDGLASS_SETTINGS_H

#include <stdbool.h>

/* A missing file is a matter of the kernel's configuration: false, as for a value that it refuses; errno says why. */
bool write_setting(const char *path, const char *value);
/*
 * What 9P reads ahead, for all its mounts, in KiB. With cache=none Linux sets none at all: a request for every
 * page that a program touches. It pays up to a whole message (msize, less its header).
 */
void set_ninep_readahead(const char *kibibytes);

#endif
