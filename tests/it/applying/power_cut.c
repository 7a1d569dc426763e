/* A disk that keeps nothing but what was synced, for the test that cuts the power.
 *
 * Loaded into the program with LD_PRELOAD, it stands before fsync and fdatasync and
 * puts into the folder $POWER_CUT_DISK what a power cut would leave, in files that are
 * named by the number of the inode:
 *
 *     of a file      its content
 *     of a folder    a line for each name in it: "file" or "folder", inode, name
 *
 * Nothing else gets there. What was not synced is lost even where its name is known,
 * and a name that was made, moved or removed is so only once its folder was synced.
 * Real file systems often keep more, but owe no more to anybody.
 *
 * Other ways to sync (O_SYNC, syncfs, msync) count as none. An inode is taken for one
 * file for ever, so what is tested must not delete files and make new ones.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The program is not to go on with a disk that is not as described above. */
static void check(int holds, const char *what)
{
    if (!holds) {
        perror(what);
        abort();
    }
}

static void write_content(int file, FILE *out)
{
    char part[65536];
    ssize_t length;
    while ((length = read(file, part, sizeof part)) > 0)
        fwrite(part, 1, length, out);
    check(length == 0, "read a file");
    close(file);
}

static void write_names(int folder, FILE *out)
{
    DIR *names = fdopendir(folder);
    check(names != NULL, "read a folder");
    struct dirent *entry;
    while ((entry = readdir(names)) != NULL) {
        struct stat it;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        check(fstatat(folder, entry->d_name, &it, AT_SYMLINK_NOFOLLOW) == 0, entry->d_name);
        const char *kind = S_ISDIR(it.st_mode) ? "folder" : "file";
        fprintf(out, "%s %ju %s\n", kind, (uintmax_t)it.st_ino, entry->d_name);
    }
    closedir(names);
}

static int synced(const char *call, int descriptor)
{
    static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, call);
    const char *disk = getenv("POWER_CUT_DISK");
    check(real != NULL && disk != NULL, "find the call and the disk");
    pthread_mutex_lock(&one_at_a_time);

    /* As it is before the call: what is written during it may come too late. The
     * descriptor may be one for writing only, and has a position of its own. */
    struct stat it;
    check(fstat(descriptor, &it) == 0, "look at what is synced");
    char opened[PATH_MAX], next[PATH_MAX], kept[PATH_MAX];
    snprintf(opened, sizeof opened, "/proc/self/fd/%d", descriptor);
    snprintf(next, sizeof next, "%s/next", disk);
    snprintf(kept, sizeof kept, "%s/%ju", disk, (uintmax_t)it.st_ino);
    int copy = open(opened, O_RDONLY | O_CLOEXEC);
    FILE *out = fopen(next, "we");
    check(copy >= 0 && out != NULL, "open what is synced");
    (S_ISDIR(it.st_mode) ? write_names : write_content)(copy, out);
    check(fclose(out) == 0, "write to the disk");

    int result = real(descriptor);
    if (result == 0)
        check(rename(next, kept) == 0, "keep what is synced");
    pthread_mutex_unlock(&one_at_a_time);
    return result;
}

int fsync(int descriptor) { return synced("fsync", descriptor); }

int fdatasync(int descriptor) { return synced("fdatasync", descriptor); }
