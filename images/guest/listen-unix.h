#ifndef SANDGLASS_LISTEN_UNIX_H
#define SANDGLASS_LISTEN_UNIX_H

/* A socket that listens at the path, whatever was there before; -1 with errno. */
int listen_unix(const char *path);

#endif
