/* What a process sees mounted: proc_pid_mountinfo(5). */
#include "survey.h"

#include <stdio.h>
#include <string.h>

void survey_mounts(pid_t process, unsigned long long namespace)
{
	char path[32];
	static char line[8192];
	snprintf(path, sizeof(path), "/proc/%d/mountinfo", process);
	FILE *file = fopen(path, "re");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		/* The kernel writes what is not plain as \040 and the like; so it is told, and undone by who reads it. */
		char root[1024], point[1024], options[256], type[64], source[1024];
		const char *rest = strstr(line, " - ");
		if (!rest || sscanf(line, "%*d %*d %*s %1023s %1023s %255s", root, point, options) != 3 ||
		    sscanf(rest, " - %63s %1023s", type, source) != 2)
			continue;
		printf("mount\t%llu\t%s\t%s\t%s\t%s\t%s\n", namespace, root, point, options, type, source);
	}
	fclose(file);
}
