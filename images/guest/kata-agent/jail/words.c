#include "guest.h"
#include "words.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *errno_words(int number)
{
	static char words[128];
	snprintf(words, sizeof(words), "%s", strerror(number));
	words[0] = (char)tolower((unsigned char)words[0]);
	return words;
}

int fail(char *error, size_t size, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(error, size, format, arguments);
	va_end(arguments);
	return -1;
}

int fail_errno(char *error, size_t size, const char *format, ...)
{
	int number = errno;
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(error, size, format, arguments);
	va_end(arguments);
	if (length >= 0 && (size_t)length < size)
		snprintf(error + length, size - (size_t)length, ": %s", errno_words(number));
	errno = number;
	return -1;
}
