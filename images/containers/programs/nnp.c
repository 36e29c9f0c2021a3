/*
 * Says as whom it runs: installed set-user-id, it tells whether no-new-privileges kept it from becoming
 * root. After kubernetes/test/images/nonewprivs.
 */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	printf("Effective uid: %d\n", (int)geteuid());
	return 0;
}
