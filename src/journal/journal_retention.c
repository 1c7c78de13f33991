/* SPDX-License-Identifier: MPL-2.0
 *
 * journal_retention.c - what the journal's thread does between two groups: retires segments that are
 * checkpointed, and makes spare files. Each in pieces short enough that no sync waits for long.
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal/journal_internal.h"

#define PIECE_BYTES ((uint32_t) 1 << 20)

static uint32_t spares (const zc_journal_t *self)
{
    return self->spare_end - self->spare_first;
}

static void count_file (zc_journal_t *self, int files, int64_t bytes)
{
    self->stats.segments += (uint64_t) files;
    self->stats.bytes += (uint64_t) bytes;
}

/* -------------------------------------------------------------------------- retire */

/* How many bytes a segment takes, and when it was last written to; one that is not there: 0. */
static int look_at (const zc_journal_t *self, const char *name, int64_t *ret_bytes, int64_t *ret_written_ms, char *why)
{
    char path [PATH_MAX];
    struct stat about = {.st_size = 0};
    if (stat (zc_journal_file_path (path, self->options.directory, name), &about) == -1 && errno != ENOENT)
        return zc_journal_file_why (why, "%s: cannot stat: %m", name);
    *ret_bytes = about.st_size;
    *ret_written_ms = about.st_mtim.tv_sec * 1000ll + about.st_mtim.tv_nsec / 1000000;
    return 0;
}

/* Makes it a spare file, or deletes it. The directory is synced each time: so the oldest are gone first,
 * whatever a power cut leaves, and no segment's old name leads to a file that already has a new life. */
static int retire (zc_journal_t *self, const char *name, bool recycle, uint32_t spare, char *why)
{
    char spare_name [ZC_JOURNAL_FILE_NAME_BYTES];
    const char *directory = self->options.directory;
    int result = recycle ? zc_journal_file_rename (directory, name,
                                                   zc_journal_file_name (spare_name, ZC_JOURNAL_FILE_SPARE, spare), why)
                         : zc_journal_file_delete (directory, name, why);
    return result == -1 ? -1 : zc_journal_file_sync_directory (directory, why);
}

/* Lock not held. Retires segment `number` unless it is to be kept: *ret_kept. */
static int retire_one (zc_journal_t *self, uint32_t number, bool room, uint32_t spare, int64_t now_ms, bool *ret_kept)
{
    char name [ZC_JOURNAL_FILE_NAME_BYTES], why [ZC_WHY_BYTES];
    int64_t bytes = 0, written_ms = 0, keep_ms = self->options.keep_ms;
    zc_journal_file_name (name, ZC_JOURNAL_FILE_SEGMENT, number);
    if (look_at (self, name, &bytes, &written_ms, why) == -1)
        return zc_journal_fail (self, why);
    *ret_kept = bytes > 0 && (keep_ms < 0 || (keep_ms > 0 && now_ms - written_ms < keep_ms));
    if (*ret_kept)
        return 0;
    bool recycle = room && bytes == (int64_t) self->options.segment_bytes;
    if (bytes > 0 && retire (self, name, recycle, spare, why) == -1)
        return zc_journal_fail (self, why);
    pthread_mutex_lock (&self->lock);
    self->first = number + 1;
    self->spare_end += recycle;
    if (bytes > 0 && !recycle)
        count_file (self, -1, -bytes);
    pthread_mutex_unlock (&self->lock);
    return 0;
}

/* Only what is synced and closed is ever retired, whatever the caller says is checkpointed. */
static bool retire_due (zc_journal_t *self)
{
    zc_position_t synced = zc_journal_synced (self);
    zc_position_t upto = self->checkpointed < synced ? self->checkpointed : synced;
    return self->checkpoint_news && self->first < ZC_POSITION_SEGMENT (upto);
}

static void retire_piece (zc_journal_t *self)
{
    uint32_t number = self->first, spare = self->spare_end;
    bool room = spares (self) < self->options.spare_segments, kept = false;
    int64_t now_ms = self->checkpointed_now_ms;
    self->checkpoint_news = false;
    pthread_mutex_unlock (&self->lock);
    retire_one (self, number, room, spare, now_ms, &kept);
    pthread_mutex_lock (&self->lock);
    if (!kept)
        self->checkpoint_news = true; /* perhaps the next one too */
}

/* --------------------------------------------------------------------- spare files */

/* The number of the file in the making: no segment has it. */
#define MAKING UINT32_MAX

/* Only where there is none, since a recycled one costs no write; and only once the journal is in use: a daemon
 * that hears little needs none. */
static bool spare_due (zc_journal_t *self)
{
    if (ZC_POSITION_OFFSET (self->written) > self->current->header.bytes / 4)
        self->used = true;
    return self->making_fd != -1 || (self->used && spares (self) == 0 && self->options.spare_segments > 0);
}

static int begin_spare (zc_journal_t *self, char *why)
{
    char name [ZC_JOURNAL_FILE_NAME_BYTES];
    self->made = 0;
    self->making_fd =
        zc_journal_segment_allocate (self->options.directory, zc_journal_file_name (name, ZC_JOURNAL_FILE_NEW, MAKING),
                                     (uint32_t) self->options.segment_bytes, why);
    return self->making_fd == -1 ? -1 : 0;
}

/* Its blocks must exist and be clean: else the first sync of the segment would pay for all of them. */
static int fill_spare (zc_journal_t *self, char *why)
{
    static uint8_t zeros [PIECE_BYTES]; /* not const, lest they be bytes of the program's file */
    char name [ZC_JOURNAL_FILE_NAME_BYTES];
    uint32_t left = (uint32_t) self->options.segment_bytes - self->made;
    uint32_t piece = left < PIECE_BYTES ? left : PIECE_BYTES;
    zc_journal_file_name (name, ZC_JOURNAL_FILE_NEW, MAKING);
    if (zc_journal_file_write (self->making_fd, zeros, piece, self->made, name, why) == -1)
        return -1;
    self->made += piece;
    return fdatasync (self->making_fd) == -1 ? zc_journal_file_why (why, "%s: cannot sync: %m", name) : 0;
}

static int finish_spare (zc_journal_t *self, uint32_t number, char *why)
{
    char name [ZC_JOURNAL_FILE_NAME_BYTES], spare_name [ZC_JOURNAL_FILE_NAME_BYTES];
    close (self->making_fd);
    self->making_fd = -1;
    return zc_journal_file_rename (self->options.directory, zc_journal_file_name (name, ZC_JOURNAL_FILE_NEW, MAKING),
                                   zc_journal_file_name (spare_name, ZC_JOURNAL_FILE_SPARE, number), why);
}

static void spare_piece (zc_journal_t *self)
{
    char why [ZC_WHY_BYTES];
    uint32_t number = self->spare_end;
    bool done = false;
    int result;
    pthread_mutex_unlock (&self->lock);
    if (self->making_fd == -1)
        result = begin_spare (self, why);
    else if (self->made < self->options.segment_bytes)
        result = fill_spare (self, why);
    else {
        result = finish_spare (self, number, why);
        done = result == 0;
    }
    if (result == -1)
        zc_journal_fail (self, why);
    pthread_mutex_lock (&self->lock);
    if (done) {
        self->spare_end++;
        count_file (self, 1, (int64_t) self->options.segment_bytes);
    }
}

bool zc_journal_retain (zc_journal_t *self)
{
    if (retire_due (self))
        retire_piece (self);
    else if (spare_due (self))
        spare_piece (self);
    else
        return false;
    return true;
}

void zc_journal_retention_term (zc_journal_t *self)
{
    char name [ZC_JOURNAL_FILE_NAME_BYTES], why [ZC_WHY_BYTES];
    if (self->making_fd == -1)
        return;
    close (self->making_fd);
    self->making_fd = -1;
    (void) zc_journal_file_delete (self->options.directory, zc_journal_file_name (name, ZC_JOURNAL_FILE_NEW, MAKING),
                                   why);
}

int zc_journal_checkpointed (zc_journal_t *self, zc_position_t position, int64_t now_ms)
{
    pthread_mutex_lock (&self->lock);
    if (position > self->checkpointed)
        self->checkpointed = position;
    self->checkpointed_now_ms = now_ms;
    self->checkpoint_news = true;
    if (self->idle)
        pthread_cond_signal (&self->work);
    pthread_mutex_unlock (&self->lock);
    return zc_journal_has_failed (self) ? -1 : 0;
}
