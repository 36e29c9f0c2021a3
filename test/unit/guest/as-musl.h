/* What the guest's programs find in musl's headers and do not in those of this machine. */
#include <fcntl.h>

/* POSIX counts O_SEARCH among the ways to open a file, which to musl is O_PATH. */
#undef O_ACCMODE
#define O_ACCMODE (03 | O_PATH)
