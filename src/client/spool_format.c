/* SPDX-License-Identifier: MPL-2.0
 *
 * spool_format.c - checks, and the first state of a room.
 */
#include "client/spool_format.h"

#include <assert.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "wire/hex.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

static_assert (sizeof (zc_spool_label_t) == 64 && sizeof (zc_spool_numbering_t) == 32 &&
                   sizeof (zc_spool_flight_t) == 48,
               "a spool file's layout has no gaps");

static uint64_t mix (uint64_t state, uint64_t word)
{
    state = (state ^ word) * UINT64_C (0x9e3779b97f4a7c15);
    return state ^ state >> 32;
}

static uint64_t mix_bytes (uint64_t state, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    for (uint64_t word; size >= sizeof word; at += sizeof word, size -= sizeof word) {
        memcpy (&word, at, sizeof word);
        state = mix (state, word);
    }
    return state;
}

uint64_t zc_spool_label_check (const zc_spool_label_t *label)
{
    return mix_bytes (1, label, offsetof (zc_spool_label_t, check));
}

uint64_t zc_spool_numbering_check (const zc_spool_numbering_t *numbering, uint64_t which)
{
    return mix_bytes (mix (2, which), numbering, offsetof (zc_spool_numbering_t, check));
}

uint64_t zc_spool_flight_check (const zc_spool_flight_t *flight, uint64_t which)
{
    size_t from = offsetof (zc_spool_flight_t, place);
    return mix_bytes (mix (3, which), (const uint8_t *) flight + from, offsetof (zc_spool_flight_t, check) - from);
}

void zc_spool_boot_id (uint8_t ret_boot [ZC_UUID_BYTES])
{
    char text [36], digits [36]; /* with four dashes */
    size_t count = 0;
    memset (ret_boot, 0, ZC_UUID_BYTES);
    int fd = open (BOOT_ID, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read (fd, text, sizeof text) : 0;
    if (fd >= 0)
        close (fd);
    for (ssize_t i = 0; i < got; i++)
        if (text [i] != '-')
            digits [count++] = text [i];
    if (count == 2 * ZC_UUID_BYTES)
        zc_hex_read (digits, ZC_UUID_BYTES, ret_boot);
}

void zc_spool_format (zc_spool_head_t *head, size_t queue_bytes, const uint8_t producer [ZC_PRODUCER_BYTES])
{
    head->label = (zc_spool_label_t){
        .magic = ZC_SPOOL_MAGIC,
        .version = ZC_SPOOL_VERSION,
        .flights_max = ZC_FLIGHTS_MAX,
        .queue_bytes = queue_bytes,
    };
    memcpy (head->label.producer, producer, ZC_PRODUCER_BYTES);
    zc_spool_boot_id (head->label.boot);
    head->label.check = zc_spool_label_check (&head->label);
    head->numberings [0] = (zc_spool_numbering_t){.epoch = 1};
    head->numberings [0].check = zc_spool_numbering_check (&head->numberings [0], 1);
    atomic_store (&head->numberings_count, 1);
}

static bool write_at (int fd, const void *bytes, size_t size, size_t at)
{
    return pwrite (fd, bytes, size, (off_t) at) == (ssize_t) size;
}

bool zc_spool_renumber (zc_spool_head_t *head, const zc_spool_numbering_t *numbering, int fd)
{
    uint64_t count = atomic_load (&head->numberings_count) + 1;
    zc_spool_numbering_t *slot = zc_spool_numbering (head, count);
    size_t at = (size_t) ((uint8_t *) slot - (uint8_t *) head);
    *slot = *numbering;
    slot->check = zc_spool_numbering_check (slot, count);
    if (fd >= 0 && (!write_at (fd, slot, sizeof *slot, at) ||
                    !write_at (fd, &count, sizeof count, offsetof (zc_spool_head_t, numberings_count))))
        return false;
    atomic_store (&head->numberings_count, count);
    return true;
}
