/*
 * What POSIX and Linux promise of files, tried on a folder: `files DIR [9p]`. Prints "all right" or the first promise
 * that was broken. With "9p" it leaves out what that protocol has no words for.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define CHECK(what)                                                                  \
	do {                                                                         \
		errno = 0;                                                           \
		if (!(what)) {                                                       \
			printf("line %d: %s (%s)\n", __LINE__, #what, strerror(errno)); \
			exit(1);                                                     \
		}                                                                    \
	} while (0)
#define FAILS(what, why) CHECK((what) == -1 && errno == (why))

static int is_9p;

static int make(const char *name, const char *text)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
	CHECK(fd >= 0);
	CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	return fd;
}

static int holds(int fd, const char *text)
{
	char bytes[256];
	ssize_t n = pread(fd, bytes, sizeof bytes, 0);
	return n == (ssize_t)strlen(text) && !memcmp(bytes, text, n);
}

static void names(void)
{
	struct stat st;
	close(make("a", "a"));
	FAILS(open("a", O_CREAT | O_EXCL | O_RDWR, 0644), EEXIST);
	FAILS(open("a/b", O_RDONLY), ENOTDIR);
	FAILS(open("none", O_RDWR), ENOENT);
	FAILS(mkdir("a", 0755), EEXIST);
	CHECK(mkdir("d", 0755) == 0 && mkdir("d/e", 0755) == 0);
	FAILS(rmdir("d"), ENOTEMPTY);
	FAILS(unlink("d"), EISDIR);
	FAILS(rmdir("a"), ENOTDIR);
	FAILS(rename("a", "d"), EISDIR);
	FAILS(rename("d", "a"), ENOTDIR);
	FAILS(rename("d", "d/e/f"), EINVAL);
	char longest[300];
	memset(longest, 'x', sizeof longest);
	longest[256] = 0;
	FAILS(open(longest, O_CREAT | O_RDWR, 0644), ENAMETOOLONG);
	longest[255] = 0;
	CHECK(close(open(longest, O_CREAT | O_RDWR, 0644)) == 0 && unlink(longest) == 0);
	close(make("b", "b"));
	if (!is_9p) {
		FAILS(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_NOREPLACE), EEXIST);
		CHECK(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_EXCHANGE) == 0);
		int fd = open("a", O_RDONLY);
		CHECK(holds(fd, "b"));
		close(fd);
	}
	CHECK(link("a", "c") == 0 && stat("c", &st) == 0 && st.st_nlink == 2);
	CHECK(rename("a", "c") == 0 && stat("a", &st) == 0);
	CHECK(rename("a", "b") == 0 && stat("a", &st) == -1 && errno == ENOENT);
	CHECK(symlink("d/e", "s") == 0 && lstat("s", &st) == 0 && S_ISLNK(st.st_mode) && st.st_size == 3);
	CHECK(close(open("s", O_RDONLY | O_DIRECTORY)) == 0);
	FAILS(open("s", O_RDONLY | O_NOFOLLOW), ELOOP);
	CHECK(mkfifo("p", 0600) == 0 && stat("p", &st) == 0 && S_ISFIFO(st.st_mode));
	struct sockaddr_un at = { AF_UNIX, "u" };
	int one = socket(AF_UNIX, SOCK_STREAM, 0), two = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(bind(one, (void *)&at, sizeof at) == 0 && listen(one, 1) == 0);
	CHECK(connect(two, (void *)&at, sizeof at) == 0);
	struct timespec times[2] = { { 123456789, 987654321 }, { 987654321, 123456789 } };
	CHECK(utimensat(AT_FDCWD, "b", times, 0) == 0 && stat("b", &st) == 0);
	CHECK(st.st_atim.tv_sec == 123456789 && st.st_mtim.tv_sec == 987654321);
	/* Linux's 9P client rounds to seconds. */
	CHECK(is_9p || (st.st_atim.tv_nsec == 987654321 && st.st_mtim.tv_nsec == 123456789));
	for (const char **name = (const char *[]){ "b", "c", "s", "p", "u", 0 }; *name; name++)
		CHECK(unlink(*name) == 0);
	CHECK(rmdir("d/e") == 0 && rmdir("d") == 0);
}

static void bytes(void)
{
	struct stat st;
	static char out[300001], in[300001];
	for (size_t i = 0; i < sizeof out; i++)
		out[i] = i * 7 + i / 251;
	int fd = make("f", "");
	CHECK(pwrite(fd, out, sizeof out, 4097) == sizeof out && fsync(fd) == 0 && fdatasync(fd) == 0);
	CHECK(pread(fd, in, sizeof in, 4097) == sizeof in && !memcmp(in, out, sizeof in));
	int other = open("f", O_RDONLY);
	CHECK(pread(other, in, sizeof in, 4097) == sizeof in && !memcmp(in, out, sizeof in));
	CHECK(pread(other, in, 1, 0) == 1 && in[0] == 0 && pread(other, in, 9, 1 << 30) == 0);
	close(other);
	CHECK(ftruncate(fd, 5) == 0 && ftruncate(fd, 9) == 0 && fstat(fd, &st) == 0 && st.st_size == 9);
	CHECK(pwrite(fd, "x", 1, 1 << 20) == 1 && fstat(fd, &st) == 0 && st.st_size == (1 << 20) + 1);
	close(fd);
	CHECK(truncate("f", 3) == 0);
	int one = open("f", O_WRONLY | O_APPEND), two = open("f", O_WRONLY | O_APPEND);
	CHECK(write(one, "1", 1) == 1 && write(two, "2", 1) == 1 && write(one, "3", 1) == 1);
	fd = open("f", O_RDWR);
	CHECK(pread(fd, in, 9, 0) == 6 && !memcmp(in + 3, "123", 3));
	close(one), close(two);
	if (!is_9p) {
		CHECK(fallocate(fd, 0, 0, 1 << 20) == 0 && fstat(fd, &st) == 0 && st.st_size == 1 << 20);
		CHECK(pwrite(fd, out, 9000, 500000) == 9000);
		CHECK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1 << 20) == 0);
		CHECK(pread(fd, in, 1, 500001) == 1 && in[0] == 0);
		CHECK(pwrite(fd, "y", 1, 700000) == 1 && fsync(fd) == 0);
		off_t data = lseek(fd, 0, SEEK_DATA), hole = lseek(fd, 700000, SEEK_HOLE);
		CHECK(data <= 700000 && hole > 700000 && hole <= 1 << 20);
		int copy = make("g", "");
		off_t from = 700000, to = 1;
		CHECK(copy_file_range(fd, &from, copy, &to, 1, 0) == 1 && from == 700001 && to == 2);
		CHECK(pread(copy, in, 9, 0) == 2 && in[1] == 'y' && unlink("g") == 0);
		close(copy);
	}
	/* A file without a name lives while it is open. */
	CHECK(unlink("f") == 0 && fstat(fd, &st) == 0 && st.st_nlink == 0);
	CHECK(ftruncate(fd, 0) == 0 && pwrite(fd, "still", 5, 0) == 5 && holds(fd, "still"));
	CHECK(fchmod(fd, 0600) == 0);
	close(fd);
}

static void mappings(void)
{
	int fd = make("m", "");
	CHECK(ftruncate(fd, 3 * 4096) == 0);
	char *map = mmap(0, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED);
	memcpy(map + 4090, "across a page", 13);
	CHECK(msync(map, 3 * 4096, MS_SYNC) == 0);
	char bytes[13];
	CHECK(pread(fd, bytes, 13, 4090) == 13 && !memcmp(bytes, "across a page", 13));
	CHECK(pwrite(fd, "A", 1, 4090) == 1 && map[4090] == 'A');
	char *own = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 4096);
	CHECK(own != MAP_FAILED);
	own[0] = '!';
	CHECK(map[4096] != '!' && pread(fd, bytes, 1, 4096) == 1 && bytes[0] != '!');
	CHECK(munmap(map, 3 * 4096) == 0 && munmap(own, 4096) == 0);
	close(fd);
	fd = open("m", O_RDONLY);
	CHECK(pread(fd, bytes, 13, 4090) == 13 && !memcmp(bytes, "Across a page", 13));
	close(fd);
	CHECK(unlink("m") == 0);
}

static int child_says(int (*ask)(void))
{
	int status;
	pid_t child = fork();
	if (child == 0)
		_exit(ask());
	CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int try_lock(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_start = 5, .l_len = 1 };
	int fd = open("l", O_RDWR);
	if (fcntl(fd, F_SETLK, &lock) == 0)
		return 0;
	return errno == EAGAIN || errno == EACCES ? 1 : 2;
}

static int try_flock(void)
{
	int fd = open("l", O_RDWR);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	return errno == EWOULDBLOCK ? 1 : 2;
}

static void locks(void)
{
	int fd = make("l", "0123456789");
	struct flock lock = { .l_type = F_WRLCK, .l_start = 4, .l_len = 4 };
	CHECK(fcntl(fd, F_SETLK, &lock) == 0 && child_says(try_lock) == 1);
	pid_t waiter = fork();
	if (waiter == 0) {
		struct flock mine = { .l_type = F_WRLCK, .l_start = 4, .l_len = 1 };
		_exit(fcntl(open("l", O_RDWR), F_SETLKW, &mine) == 0 ? 7 : 8);
	}
	int status;
	usleep(300000);
	CHECK(waitpid(waiter, &status, WNOHANG) == 0);
	lock.l_type = F_UNLCK;
	CHECK(fcntl(fd, F_SETLK, &lock) == 0);
	CHECK(waitpid(waiter, &status, 0) == waiter && WEXITSTATUS(status) == 7);
	CHECK(child_says(try_lock) == 0);
	CHECK(flock(fd, LOCK_EX) == 0 && child_says(try_flock) == 1);
	CHECK(flock(fd, LOCK_UN) == 0 && child_says(try_flock) == 0);
	close(fd);
	CHECK(unlink("l") == 0);
}

static void directories(void)
{
	char name[32];
	CHECK(mkdir("many", 0755) == 0 && chdir("many") == 0);
	for (int i = 0; i < 700; i++) {
		sprintf(name, "entry-%d", i);
		close(make(name, ""));
	}
	DIR *dir = opendir(".");
	int seen = 0;
	long middle = -1;
	struct dirent *entry;
	char at_middle[256] = "";
	while ((entry = readdir(dir))) {
		if (++seen == 300)
			middle = telldir(dir);
		if (seen == 301)
			strcpy(at_middle, entry->d_name);
	}
	CHECK(seen == 702);
	seekdir(dir, middle);
	CHECK((entry = readdir(dir)) && !strcmp(entry->d_name, at_middle));
	rewinddir(dir);
	close(make("late", ""));
	/* Removing while listing must come to an end with nothing left. */
	for (rewinddir(dir); (entry = readdir(dir));)
		if (entry->d_name[0] != '.')
			CHECK(unlink(entry->d_name) == 0);
	closedir(dir);
	CHECK(chdir("..") == 0 && rmdir("many") == 0);
}

static int write_as_other(void)
{
	if (setgid(1000) || setuid(1000))
		return 1;
	int fd = open("x", O_WRONLY);
	return fd >= 0 && write(fd, "x", 1) == 1 ? 0 : 2;
}

static void attributes(void)
{
	struct stat st;
	char value[64];
	int fd = make("x", "x");
	CHECK(fchmod(fd, 06777) == 0 && fstat(fd, &st) == 0 && (st.st_mode & 07777) == 06777);
	CHECK(child_says(write_as_other) == 0);
	sleep(is_9p ? 0 : 2);
	CHECK(stat("x", &st) == 0 && (st.st_mode & 06000) == 0);
	if (setxattr("x", "user.color", "blue", 4, 0) == 0) {
		CHECK(getxattr("x", "user.color", value, sizeof value) == 4 && !memcmp(value, "blue", 4));
		FAILS(setxattr("x", "user.color", "red", 3, XATTR_CREATE), EEXIST);
		CHECK(listxattr("x", value, sizeof value) == 11 && !strcmp(value, "user.color"));
		CHECK(removexattr("x", "user.color") == 0);
		FAILS(getxattr("x", "user.color", value, sizeof value), ENODATA);
	} else {
		CHECK(errno == EOPNOTSUPP);
	}
	FAILS(setxattr("x", "trusted.secret", "x", 1, 0), EOPNOTSUPP);
	close(fd);
	CHECK(unlink("x") == 0);
}

int main(int argc, char **argv)
{
	is_9p = argc > 2 && !strcmp(argv[2], "9p");
	CHECK(argc > 1 && chdir(argv[1]) == 0);
	umask(022);
	names();
	bytes();
	mappings();
	locks();
	directories();
	attributes();
	puts("all right");
	return 0;
}
