#include "guest.h"
#include "ninep.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "locks.h"
#include "operations.h"
#include "place.h"

#define DIALECT "9P2000.L"
/* Linux asks for no less. */
#define MESSAGE_SIZE_MIN 4096
/* Reads from a file that took long once: they are expected to again. */
#define SLOW_READS 8

/* What a request's fid must be for it. */
enum needs { NOTHING, A_FILE, OPEN_FILE, CHANGEABLE_FILE };

static const struct {
	int (*serve)(struct request *request);
	enum needs needs;
} operations[256] = {
	[TSTATFS] = { stat_file_system, A_FILE },
	[TLOPEN] = { open_fid, A_FILE },
	[TLCREATE] = { create_file, CHANGEABLE_FILE },
	[TSYMLINK] = { make_symlink, CHANGEABLE_FILE },
	[TMKNOD] = { make_node, CHANGEABLE_FILE },
	[TRENAME] = { rename_fid, CHANGEABLE_FILE },
	[TREADLINK] = { read_link, A_FILE },
	[TGETATTR] = { get_attributes, A_FILE },
	[TSETATTR] = { set_attributes, CHANGEABLE_FILE },
	[TXATTRWALK] = { walk_to_attribute, A_FILE },
	[TXATTRCREATE] = { create_attribute, CHANGEABLE_FILE },
	[TREADDIR] = { read_directory, OPEN_FILE },
	[TFSYNC] = { sync_file, OPEN_FILE },
	[TLOCK] = { lock_range, OPEN_FILE },
	[TGETLOCK] = { get_lock, OPEN_FILE },
	[TLINK] = { make_link, CHANGEABLE_FILE },
	[TMKDIR] = { make_directory, CHANGEABLE_FILE },
	[TRENAMEAT] = { rename_at, CHANGEABLE_FILE },
	[TUNLINKAT] = { unlink_at, CHANGEABLE_FILE },
	[TWALK] = { walk, A_FILE },
	[TREAD] = { read_file, NOTHING },
	[TWRITE] = { write_file, NOTHING },
	[TCLUNK] = { clunk, NOTHING },
	[TREMOVE] = { remove_fid, NOTHING },
};

static uint32_t size_max = FRAME_PAYLOAD_MAX;

uint32_t message_size(void)
{
	return size_max;
}

/* ---- Replies ---- */

static void write_header(uint8_t *reply, size_t size, uint8_t type, uint16_t tag)
{
	uint32_t size32 = (uint32_t)size;
	memcpy(reply, &size32, sizeof(size32));
	reply[4] = type;
	memcpy(reply + 5, &tag, sizeof(tag));
}

void ninep_reply(struct outbox *outbox, uint8_t type, uint16_t tag, const void *body, size_t length)
{
	uint8_t *reply = outbox_space(outbox, MESSAGE_HEADER + length);
	if (length > 0)
		memcpy(reply + MESSAGE_HEADER, body, length);
	write_header(reply, MESSAGE_HEADER + length, type + 1, tag);
	outbox_commit(outbox, FRAME_NINEP, MESSAGE_HEADER + length);
}

void ninep_refuse(struct outbox *outbox, uint16_t tag, int error)
{
	uint32_t number = (uint32_t)error;
	ninep_reply(outbox, RLERROR - 1, tag, &number, sizeof(number));
}

/* ---- Requests ---- */

/* A new session: whatever the last one had open is closed. */
static int begin_session(struct request *request)
{
	uint32_t size = take_u32(request);
	const char *dialect = take_string(request);
	if (!taken_whole(request) || size < MESSAGE_SIZE_MIN)
		return EINVAL;
	locks_clear();
	fids_clear();
	bool known = strcmp(dialect, DIALECT) == 0;
	size_max = size < FRAME_PAYLOAD_MAX ? size : FRAME_PAYLOAD_MAX;
	put_u32(request, size_max);
	put_string(request, known ? DIALECT : "unknown", strlen(known ? DIALECT : "unknown"));
	return 0;
}

static int serve_fid(struct request *request)
{
	enum needs needs = operations[request->type].needs;
	request->fid = fid_get(take_u32(request));
	if (!request->fid)
		return request->bad ? EINVAL : EBADF;
	bool file = request->fid->path >= 0 && !request->fid->value;
	if ((needs != NOTHING && !file) || (needs == OPEN_FILE && request->fid->io < 0))
		return EBADF;
	int error = needs == CHANGEABLE_FILE ? place_check_change(request->fid->path) : 0;
	return error ? error : operations[request->type].serve(request);
}

static int serve(struct request *request)
{
	if (operations[request->type].serve)
		return serve_fid(request);
	if (request->type == TVERSION)
		return begin_session(request);
	if (request->type == TATTACH)
		return attach_root(request, take_u32(request));
	/* Tauth, too: there is nobody to tell from another. */
	return EOPNOTSUPP;
}

/* Serves it, and makes its reply, unless that comes later. */
static void answer(struct worker *worker, struct request *request, bool damaged)
{
	uint8_t *reply = request->reply - MESSAGE_HEADER;
	int error = damaged ? EINVAL : serve(request);
	size_t size = (size_t)(request->reply - reply);
	if (!error && size > size_max)
		error = EOVERFLOW;
	if (error == ANSWER_LATER)
		return;
	if (error) {
		ninep_refuse(&worker->out, request->tag, error);
		return;
	}
	write_header(reply, size, request->type + 1, request->tag);
	outbox_commit(&worker->out, FRAME_NINEP, size);
}

/* The old request is answered first: see flush(5) of Plan 9's manual. */
static void flush(struct worker *worker, struct request *request)
{
	uint16_t old = take_u16(request);
	if (!taken_whole(request)) {
		ninep_refuse(&worker->out, request->tag, EINVAL);
		return;
	}
	if (locks_flush(&worker->out, old) || !turn_flush(old, request->tag))
		ninep_reply(&worker->out, TFLUSH, request->tag, NULL, 0);
}

/* The request took so long that another leads; what it came to is still to be sent. */
static void send_late(struct worker *worker)
{
	outbox_flush(&worker->out, worker->settled);
	/* Not before: whoever flushes a request that nobody is in any more is answered at once. */
	turn_sent(worker);
	for (unsigned i = 0; i < worker->flush_count; i++)
		ninep_reply(&worker->out, TFLUSH, worker->flushes[i], NULL, 0);
	outbox_flush(&worker->out, 0);
}

static void retry_locks(struct worker *worker, uint8_t type, bool leads)
{
	bool released = type == TLOCK || type == TCLUNK || type == TREMOVE;
	if (released && locks_patience() >= 0)
		locks_retry(&worker->out, leads);
}

bool ninep_serve(struct worker *worker, uint8_t *message, uint32_t length)
{
	struct request request = { .at = message + MESSAGE_HEADER, .end = message + length };
	uint32_t size;
	/* With no tag there is nothing to answer to. */
	if (length < MESSAGE_HEADER)
		return true;
	memcpy(&size, message, sizeof(size));
	memcpy(&request.tag, message + 5, sizeof(request.tag));
	request.type = message[4];
	if (request.type == TFLUSH && size == length) {
		flush(worker, &request);
		return true;
	}
	request.reply = outbox_space(&worker->out, FRAME_PAYLOAD_MAX) + MESSAGE_HEADER;
	request.scratch = worker->scratch;
	turn_begin(worker, request.tag);
	answer(worker, &request, size != length);
	struct fid *read = request.type == TREAD ? request.fid : NULL;
	/* Its last reference may close a file, which may take long. */
	if (request.fid && !read)
		fid_put(request.fid);
	bool leads = turn_end(worker);
	if (!leads)
		send_late(worker);
	if (read) {
		if (!leads && read->slow == 0)
			read->slow = SLOW_READS;
		fid_put(read);
	}
	retry_locks(worker, request.type, leads);
	return leads;
}
