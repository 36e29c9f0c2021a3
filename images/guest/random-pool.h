/* The kernel's random numbers, which clones of a snapshot share until they are told apart. */
#ifndef SANDGLASS_RANDOM_POOL_H
#define SANDGLASS_RANDOM_POOL_H

#include <stdint.h>

/* The kernel's pool takes 256 bits; twice that leaves no doubt. */
#define ENTROPY_MAX 64 /* bytes */

/* Credits the bytes as entropy, and derives the random numbers of now from them. See random(4). 0 or errno. */
int add_entropy(const uint8_t *bytes, uint32_t length);

#endif
