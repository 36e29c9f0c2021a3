#include "guest.h"
#include "call.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "runtimes/kata/agent.pb-c.h"
#include "runtimes/kata/ttrpc.pb-c.h"
#include "server.h"

/* Calls under way at once; a pod's shim has a few for each process. */
#define CALLS_MOST 2048

static const char service[] = "grpc.AgentService";

static const struct method methods[] = {
	{ "CreateContainer", &grpc__create_container_request__descriptor, create_container },
	{ "StartContainer", &grpc__start_container_request__descriptor, start_container },
	{ "RemoveContainer", &grpc__remove_container_request__descriptor, remove_container },
	{ "ExecProcess", &grpc__exec_process_request__descriptor, exec_process },
	{ "SignalProcess", &grpc__signal_process_request__descriptor, signal_process },
	{ "WaitProcess", &grpc__wait_process_request__descriptor, wait_process },
	{ "UpdateContainer", &grpc__update_container_request__descriptor, update_container },
	{ "StatsContainer", &grpc__stats_container_request__descriptor, stats_container },
	{ "PauseContainer", &grpc__pause_container_request__descriptor, pause_container },
	{ "ResumeContainer", &grpc__resume_container_request__descriptor, resume_container },
	{ "WriteStdin", &grpc__write_stream_request__descriptor, write_stdin },
	{ "ReadStdout", &grpc__read_stream_request__descriptor, read_stdout },
	{ "ReadStderr", &grpc__read_stream_request__descriptor, read_stderr },
	{ "CloseStdin", &grpc__close_stdin_request__descriptor, close_stdin },
	{ "TtyWinResize", &grpc__tty_win_resize_request__descriptor, tty_win_resize },
	{ "UpdateInterface", &grpc__update_interface_request__descriptor, update_interface },
	{ "UpdateRoutes", &grpc__update_routes_request__descriptor, update_routes },
	{ "ListInterfaces", &grpc__list_interfaces_request__descriptor, list_interfaces },
	{ "ListRoutes", &grpc__list_routes_request__descriptor, list_routes },
	{ "AddARPNeighbors", &grpc__add_arpneighbors_request__descriptor, add_arp_neighbors },
	{ "CreateSandbox", &grpc__create_sandbox_request__descriptor, create_sandbox },
	{ "DestroySandbox", &grpc__destroy_sandbox_request__descriptor, destroy_sandbox },
	{ "ReseedRandomDev", &grpc__reseed_random_dev_request__descriptor, reseed_random_dev },
	{ "GetGuestDetails", &grpc__guest_details_request__descriptor, get_guest_details },
	{ "SetGuestDateTime", &grpc__set_guest_date_time_request__descriptor, set_guest_date_time },
	{ "GetOOMEvent", &grpc__get_oomevent_request__descriptor, get_oom_event },
};

static struct call *calls;
static size_t call_count;

/* ---- Answers ---- */

static void answer(uint32_t stream, enum ttrpc_code code, const char *text, const uint8_t *payload, size_t length)
{
	size_t size;
	uint8_t *frame = ttrpc_pack_response(stream, code, text, payload, length, &size);
	if (!frame)
		frame = ttrpc_pack_response(stream, TTRPC_RESOURCE_EXHAUSTED, "the answer is too long", NULL, 0, &size);
	if (frame)
		server_send(frame, size);
}

static void leave_list(struct call *call)
{
	if (!call->waits)
		return;
	struct call **at = &call->waits->first;
	while (*at != call)
		at = &(*at)->next_waiting;
	*at = call->next_waiting;
	call->waits = NULL;
}

static void forget(struct call *call)
{
	leave_list(call);
	*(call->previous ? &call->previous->next : &calls) = call->next;
	if (call->next)
		call->next->previous = call->previous;
	call_count--;
	protobuf_c_message_free_unpacked(call->request, NULL);
	free(call);
}

void call_reply(struct call *call, const ProtobufCMessage *response)
{
	size_t length = protobuf_c_message_get_packed_size(response);
	uint8_t *payload = malloc(length ? length : 1);
	if (payload) {
		protobuf_c_message_pack(response, payload);
		answer(call->stream, TTRPC_OK, NULL, payload, length);
	} else {
		answer(call->stream, TTRPC_RESOURCE_EXHAUSTED, "out of memory", NULL, 0);
	}
	free(payload);
	forget(call);
}

void call_done(struct call *call)
{
	answer(call->stream, TTRPC_OK, NULL, NULL, 0);
	forget(call);
}

void call_fail(struct call *call, enum ttrpc_code code, const char *format, ...)
{
	char text[ERROR_MAX];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	answer(call->stream, code, text, NULL, 0);
	forget(call);
}

/* ---- Waiting ---- */

void call_wait(struct call *call, struct call_list *list)
{
	struct call **at = &list->first;
	while (*at)
		at = &(*at)->next_waiting;
	call->next_waiting = NULL;
	call->waits = list;
	*at = call;
}

void call_list_done(struct call_list *list)
{
	while (list->first)
		call_done(list->first);
}

void call_list_fail(struct call_list *list, enum ttrpc_code code, const char *format, ...)
{
	char text[ERROR_MAX];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	while (list->first)
		call_fail(list->first, code, "%s", text);
}

int calls_expire(void)
{
	int64_t now = now_ms(), soonest = -1;
	for (struct call *call = calls, *next; call; call = next) {
		next = call->next;
		if (call->deadline == 0)
			continue;
		int64_t left = call->deadline - now;
		if (left <= 0)
			call_fail(call, TTRPC_DEADLINE_EXCEEDED, "%s took longer than its caller wants to wait",
				  call->method->name);
		else if (soonest < 0 || left < soonest)
			soonest = left;
	}
	return soonest > 60000 ? 60000 : (int)soonest;
}

/* ---- Requests ---- */

static const struct method *find_method(const Ttrpc__Request *request)
{
	if (strcmp(request->service, service) != 0)
		return NULL;
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		if (strcmp(methods[i].name, request->method) == 0)
			return &methods[i];
	}
	return NULL;
}

static void start(uint32_t stream, const Ttrpc__Request *request)
{
	char text[ERROR_MAX];
	const struct method *method = find_method(request);
	if (!method) {
		snprintf(text, sizeof(text), "there is no method /%s/%s", request->service, request->method);
		answer(stream, TTRPC_UNIMPLEMENTED, text, NULL, 0);
		return;
	}
	if (call_count == CALLS_MOST) {
		answer(stream, TTRPC_RESOURCE_EXHAUSTED, "too many calls are under way", NULL, 0);
		return;
	}
	ProtobufCMessage *message =
		protobuf_c_message_unpack(method->request, NULL, request->payload.len, request->payload.data);
	if (!message) {
		snprintf(text, sizeof(text), "this is no request of %s", method->name);
		answer(stream, TTRPC_INVALID_ARGUMENT, text, NULL, 0);
		return;
	}
	struct call *call = must_allocate(sizeof(*call));
	*call = (struct call){ .stream = stream, .method = method, .request = message, .next = calls };
	if (request->timeout_nano > 0)
		call->deadline = now_ms() + request->timeout_nano / 1000000 + 1;
	if (calls)
		calls->previous = call;
	calls = call;
	call_count++;
	method->handler(call);
}

void server_dispatch(const struct ttrpc_header *header, const uint8_t *message)
{
	if (header->type != TTRPC_REQUEST)
		return;
	if (!message) {
		answer(header->stream, TTRPC_RESOURCE_EXHAUSTED, "the request is too long", NULL, 0);
		return;
	}
	Ttrpc__Request *request = ttrpc__request__unpack(NULL, header->length, message);
	if (!request) {
		answer(header->stream, TTRPC_INVALID_ARGUMENT, "this is no request", NULL, 0);
		return;
	}
	start(header->stream, request);
	ttrpc__request__free_unpacked(request, NULL);
}
