/* fsync and fdatasync fail with EIO as long as the file named by FAILING_FSYNC_FLAG exists: a dying disk. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static int answer(long number, int fd) {
    const char *flag = getenv("FAILING_FSYNC_FLAG");
    if (flag != NULL && access(flag, F_OK) == 0) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(number, fd);
}

int fsync(int fd) { return answer(SYS_fsync, fd); }
int fdatasync(int fd) { return answer(SYS_fdatasync, fd); }
