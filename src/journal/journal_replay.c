/* SPDX-License-Identifier: MPL-2.0
 *
 * journal_replay.c - the walk over a journal, and its judgement: what is behind the last sync and bad was
 * torn by a crash; what is before it and bad is damage.
 */
#include <stdlib.h>

#include "journal/journal.h"
#include "journal/journal_reader.h"
#include "journal/journal_watermark.h"

typedef struct {
    const char *directory;
    zc_position_t from;
    zc_position_t must; /* at least up to here all must be good */
    zc_journal_watermark_t mark;
    const uint8_t *id;    /* NULL: of any ledger */
    uint32_t first, last; /* segments that are there, with gaps perhaps; 0: none */
    int (*take) (void *, const zc_record_view_t *);
    void *argument;
    zc_journal_reader_t reader;
    zc_journal_replay_t *walk; /* its position: where the journal would end if nothing good came any more */
} walker_t;

static void finish (walker_t *self, zc_journal_end_t end, zc_position_t position, const char *why)
{
    self->walk->end = end;
    self->walk->position = position;
    if (end != ZC_JOURNAL_CLEAN)
        zc_journal_file_why (self->walk->why, "%s", why);
}

/* ------------------------------------------------------------------------- judgement */

static int count_torn (walker_t *self)
{
    zc_position_t end = self->walk->position;
    zc_journal_reader_t *reader = &self->reader;
    if (end == 0)
        return 0;
    if (zc_journal_reader_open (reader, self->directory, ZC_POSITION_SEGMENT (end), self->id) != ZC_JOURNAL_READ_GOOD)
        return -1;
    int64_t extent = zc_journal_reader_extent (reader, ZC_POSITION_OFFSET (end));
    if (extent == -1)
        return -1;
    self->walk->torn_bytes = (uint64_t) extent;
    return 0;
}

/* What the reader could not read at `where` means. */
static void judge (walker_t *self, zc_journal_read_t read, zc_position_t where)
{
    char why [ZC_WHY_BYTES];
    /* The first segment there is not number 1: those before were checkpointed, so this one was synced. */
    bool headless = self->walk->position == 0 && ZC_POSITION_SEGMENT (where) > 1;
    zc_journal_file_why (why, "%s", self->reader.why);
    if (read == ZC_JOURNAL_READ_FAILED)
        finish (self, ZC_JOURNAL_IO_ERROR, where, why);
    else if (read == ZC_JOURNAL_READ_FOREIGN || where < self->must || headless)
        finish (self, ZC_JOURNAL_DAMAGED, where, why);
    else {
        finish (self, ZC_JOURNAL_TORN, self->walk->position, why);
        if (count_torn (self) == -1)
            finish (self, ZC_JOURNAL_IO_ERROR, where, self->reader.why);
    }
}

/* Nothing was written from `where` on. */
static void judge_end (walker_t *self, zc_position_t where)
{
    zc_journal_reader_t *reader = &self->reader;
    bool last = ZC_POSITION_SEGMENT (where) == self->last;
    if (where >= self->must && last) {
        finish (self, ZC_JOURNAL_CLEAN, where, "");
        return;
    }
    zc_journal_file_why (reader->why, "%s at %u: the journal ends here, %s", reader->name, ZC_POSITION_OFFSET (where),
                         last ? "before the point of the last sync" : "but there are later segments");
    judge (self, ZC_JOURNAL_READ_BAD, where);
}

/* ------------------------------------------------------------------------------ walk */

static int give (walker_t *self, const zc_record_view_t *record)
{
    if (record->position < self->from)
        return 0;
    int stop = self->take ? self->take (self->argument, record) : 0;
    if (stop)
        return stop;
    self->walk->records++;
    self->walk->bytes += ZC_RECORD_HEADER_BYTES + record->size;
    return 0;
}

/* Whether `from` is within the record, or behind the last one of its segment: no walk ever ended there. */
static bool split_by_from (const walker_t *self, const zc_record_view_t *record)
{
    zc_position_t next =
        record->kind == ZC_RECORD_NEXT ? ZC_POSITION (self->reader.header.number + 1, 0) : record->next;
    return record->position < self->from && self->from < next;
}

/* Walks over the open segment. Goes on in the next one: *ret_more. Returns what `take` returned. */
static int walk_segment (walker_t *self, bool *ret_more)
{
    zc_record_view_t record;
    zc_journal_read_t read;
    *ret_more = false;
    while ((read = zc_journal_reader_next (&self->reader, &record)) == ZC_JOURNAL_READ_GOOD &&
           !split_by_from (self, &record)) {
        *ret_more = record.kind == ZC_RECORD_NEXT;
        if (*ret_more)
            return 0;
        int stop = give (self, &record);
        if (stop)
            return stop;
        self->walk->position = record.next;
    }
    if (read == ZC_JOURNAL_READ_END)
        judge_end (self, self->walk->position);
    else if (read != ZC_JOURNAL_READ_GOOD)
        judge (self, read, self->walk->position);
    else {
        zc_journal_file_why (self->reader.why, "%s at %u: no record begins here, where the replay must begin",
                             self->reader.name, ZC_POSITION_OFFSET (self->from));
        judge (self, ZC_JOURNAL_READ_FOREIGN, self->from);
    }
    return 0;
}

static int walk_segments (walker_t *self)
{
    /* From the segment's start even where `from` is further on: that a record begins there is not to be guessed. */
    uint32_t number = self->from ? ZC_POSITION_SEGMENT (self->from) : self->first;
    for (bool more = true; more; number++) {
        zc_journal_read_t read = zc_journal_reader_open (&self->reader, self->directory, number, self->id);
        if (read != ZC_JOURNAL_READ_GOOD) {
            judge (self, read, ZC_POSITION (number, 0));
            return 0;
        }
        self->walk->position = ZC_POSITION (number, ZC_SEGMENT_HEADER_BYTES);
        self->walk->segments++;
        int stop = walk_segment (self, &more);
        if (stop)
            return stop;
    }
    return 0;
}

/* -------------------------------------------------------------------------- begin */

static int find_segments (walker_t *self, char *why)
{
    uint32_t *numbers;
    size_t count;
    if (zc_journal_file_list (self->directory, ZC_JOURNAL_FILE_SEGMENT, &numbers, &count, why) == -1)
        return -1;
    if (count) {
        self->first = numbers [0];
        self->last = numbers [count - 1];
    }
    free (numbers);
    return 0;
}

static bool other_ledger (const walker_t *self)
{
    return self->id && memcmp (self->mark.ledger_id, self->id, ZC_LEDGER_ID_BYTES) != 0;
}

/* Reads the mark and the directory. Returns whether there is something to walk over; if not, it is judged. */
static bool begin (walker_t *self)
{
    char why [ZC_WHY_BYTES];
    zc_journal_watermark_state_t state = zc_journal_watermark_read (self->directory, &self->mark, why);
    if (state == ZC_JOURNAL_WATERMARK_IO_ERROR || find_segments (self, why) == -1) {
        finish (self, ZC_JOURNAL_IO_ERROR, 0, why);
        return false;
    }
    if (state == ZC_JOURNAL_WATERMARK_ABSENT && !self->first && !self->from) {
        finish (self, ZC_JOURNAL_CLEAN, 0, "");
        return false;
    }
    if (state == ZC_JOURNAL_WATERMARK_GOOD && other_ledger (self)) {
        zc_journal_file_why (why, "%s at 0: belongs to another ledger than the store", ZC_JOURNAL_WATERMARK_FILE);
        state = ZC_JOURNAL_WATERMARK_DAMAGED;
    }
    if (state != ZC_JOURNAL_WATERMARK_GOOD) {
        finish (self, ZC_JOURNAL_DAMAGED, 0, why);
        return false;
    }
    self->walk->synced = self->mark.position;
    self->must = self->from > self->mark.position ? self->from : self->mark.position;
    if (!self->id)
        self->id = self->mark.ledger_id;
    return true;
}

static void judge_empty (walker_t *self)
{
    char name [ZC_JOURNAL_FILE_NAME_BYTES], why [ZC_WHY_BYTES];
    if (self->must == 0) {
        finish (self, ZC_JOURNAL_CLEAN, 0, "");
        return;
    }
    zc_journal_file_why (why, "%s at 0: this segment is missing, and so are all others",
                         zc_journal_file_name (name, ZC_JOURNAL_FILE_SEGMENT, ZC_POSITION_SEGMENT (self->must)));
    finish (self, ZC_JOURNAL_DAMAGED, ZC_POSITION (ZC_POSITION_SEGMENT (self->must), 0), why);
}

int zc_journal_replay (const char *directory, const uint8_t *id, zc_position_t from,
                       int (*take) (void *argument, const zc_record_view_t *record), void *argument,
                       zc_journal_replay_t *ret_walk)
{
    walker_t self = {
        .directory = directory, .id = id, .from = from, .take = take, .argument = argument, .walk = ret_walk};
    int stop = 0;
    memset (ret_walk, 0, sizeof *ret_walk);
    if (begin (&self)) {
        if (self.first)
            stop = walk_segments (&self);
        else
            judge_empty (&self);
    }
    zc_journal_reader_term (&self.reader);
    return stop;
}
