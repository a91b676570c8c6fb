/*
 * Keeps beside every file of POWER_CUT_FOLDER that is flushed a copy FILE.flushed of what it held at that moment:
 * all that a power cut is bound to leave. The copy replaces the one before in a single step, before the flush is
 * reported as done. It is read through the caller's descriptor: closing another one would drop SQLite's locks.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int keep(int fd) {
    const char *folder = getenv("POWER_CUT_FOLDER");
    char link[64], path[PATH_MAX], copy[PATH_MAX + 16], fresh[PATH_MAX + 16];
    struct stat status;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (folder == NULL || length < 0) return 0;
    path[length] = '\0';
    size_t prefix = strlen(folder);
    if (strncmp(path, folder, prefix) != 0 || path[prefix] != '/') return 0;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return 0;

    snprintf(copy, sizeof copy, "%s.flushed", path);
    snprintf(fresh, sizeof fresh, "%s.flushing", path);
    int to = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (to < 0) return -1;
    static __thread char buffer[1 << 16];
    off_t place = 0;
    ssize_t got;
    while ((got = pread(fd, buffer, sizeof buffer, place)) > 0) {
        if (write(to, buffer, (size_t)got) != got) got = -1;
        if (got < 0) break;
        place += got;
    }
    close(to);
    return got < 0 ? -1 : rename(fresh, copy);
}

static int answer(long number, int fd) {
    int answered = (int)syscall(number, fd);
    if (answered == 0 && keep(fd) != 0) {
        perror("power_cut: no copy of a flushed file");
        abort();
    }
    return answered;
}

int fsync(int fd) { return answer(SYS_fsync, fd); }
int fdatasync(int fd) { return answer(SYS_fdatasync, fd); }
