/*
 * A 9P2000.L request as it is read, and its reply as it is written, both in place. Numbers are little-endian, as
 * on this machine; a string is a u16 length and bytes. Message numbers from Linux's include/net/9p/9p.h, layouts
 * from https://github.com/chaos/diod/blob/master/protocol.md.
 */
#ifndef VMM_MESSAGE_H
#define VMM_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* size[4] type[1] tag[2] */
#define MESSAGE_HEADER 7
#define QID_SIZE 13

/* Requests; a reply has the number after its request's. */
enum {
	RLERROR = 7,
	TSTATFS = 8,
	TLOPEN = 12,
	TLCREATE = 14,
	TSYMLINK = 16,
	TMKNOD = 18,
	TRENAME = 20,
	TREADLINK = 22,
	TGETATTR = 24,
	TSETATTR = 26,
	TXATTRWALK = 30,
	TXATTRCREATE = 32,
	TREADDIR = 40,
	TFSYNC = 50,
	TLOCK = 52,
	TGETLOCK = 54,
	TLINK = 70,
	TMKDIR = 72,
	TRENAMEAT = 74,
	TUNLINKAT = 76,
	TVERSION = 100,
	TAUTH = 102,
	TATTACH = 104,
	TFLUSH = 108,
	TWALK = 110,
	TREAD = 116,
	TWRITE = 118,
	TCLUNK = 120,
	TREMOVE = 122,
};

struct fid;

struct request {
	uint8_t type;
	uint16_t tag;
	/* What is not read yet. `bad` once more was wanted than there is. */
	uint8_t *at, *end;
	bool bad;
	/* Where the reply's body goes on. There is room for the largest message. */
	uint8_t *reply;
	uint8_t *scratch; /* SCRATCH_SIZE bytes (turns.h) */
	struct fid *fid;  /* the one that it begins with, if it does */
};

uint8_t take_u8(struct request *request);
uint16_t take_u16(struct request *request);
uint32_t take_u32(struct request *request);
uint64_t take_u64(struct request *request);
/* Ends with a NUL, and holds no other. Lies in the request; "" if it is bad. */
const char *take_string(struct request *request);
uint8_t *take_bytes(struct request *request, uint32_t length);
/* Whether all that it says has been taken, and there was all of it. */
bool taken_whole(const struct request *request);

void put_u8(struct request *request, uint8_t value);
void put_u16(struct request *request, uint16_t value);
void put_u32(struct request *request, uint32_t value);
void put_u64(struct request *request, uint64_t value);
void put_bytes(struct request *request, const void *bytes, size_t length);
/* At most 65,535 bytes. */
void put_string(struct request *request, const char *text, size_t length);
void put_qid(struct request *request, const struct stat *status);

#endif
