#include "guest.h"
#include "random-pool.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int add_entropy(const uint8_t *bytes, uint32_t length)
{
	struct {
		struct rand_pool_info information;
		uint8_t bytes[ENTROPY_MAX];
	} pool = { .information = { .entropy_count = (int)length * 8, .buf_size = (int)length } };
	memcpy(pool.information.buf, bytes, length);
	int fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	int error = ioctl(fd, RNDADDENTROPY, &pool) < 0 || ioctl(fd, RNDRESEEDCRNG) < 0 ? errno : 0;
	close(fd);
	return error;
}
