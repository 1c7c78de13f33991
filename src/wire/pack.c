/* SPDX-License-Identifier: MPL-2.0
 *
 * pack.c - msgpack-c's packer, over a buffer that remembers that it could not grow.
 */
#include "wire/pack.h"

#include <msgpack.h>
#include <stdlib.h>

#define CAPACITY_FIRST 512

/* What was packed goes at once, so that even a caller who forgets to look has nothing to send. */
static int fail (zc_pack_t *self)
{
    self->failed = true;
    self->size = 0;
    return -1;
}

static int make_room (zc_pack_t *self, size_t size)
{
    size_t capacity = self->capacity ? self->capacity : CAPACITY_FIRST;
    while (capacity - self->size < size) {
        if (capacity > SIZE_MAX / 2)
            return fail (self);
        capacity *= 2;
    }
    char *data = realloc (self->data, capacity);
    if (!data)
        return fail (self);
    self->data = data;
    self->capacity = capacity;
    return 0;
}

static int append (void *argument, const char *bytes, size_t size)
{
    zc_pack_t *self = argument;
    if (self->failed || (size > self->capacity - self->size && make_room (self, size) == -1))
        return -1;
    if (size > 0)
        memcpy (self->data + self->size, bytes, size);
    self->size += size;
    return 0;
}

static inline msgpack_packer packer_of (zc_pack_t *self)
{
    msgpack_packer packer;
    msgpack_packer_init (&packer, self, append);
    return packer;
}

/* ----------------------------------------------------------------------- bytes */

void zc_pack_clear (zc_pack_t *self)
{
    self->size = 0;
    self->failed = false;
}

void zc_pack_term (zc_pack_t *self)
{
    free (self->data);
    *self = (zc_pack_t){.data = NULL};
}

char *zc_pack_release (zc_pack_t *self, size_t *ret_size)
{
    char *data = self->data;
    *ret_size = self->size;
    if (self->size == 0) {
        free (data);
        data = NULL;
    }
    *self = (zc_pack_t){.data = NULL};
    return data;
}

/* ---------------------------------------------------------------------- values */

void zc_pack_nil (zc_pack_t *self)
{
    msgpack_packer packer = packer_of (self);
    msgpack_pack_nil (&packer);
}

void zc_pack_bool (zc_pack_t *self, bool truth)
{
    msgpack_packer packer = packer_of (self);
    truth ? msgpack_pack_true (&packer) : msgpack_pack_false (&packer);
}

void zc_pack_int (zc_pack_t *self, int64_t number)
{
    msgpack_packer packer = packer_of (self);
    msgpack_pack_int64 (&packer, number);
}

void zc_pack_uint (zc_pack_t *self, uint64_t number)
{
    msgpack_packer packer = packer_of (self);
    msgpack_pack_uint64 (&packer, number);
}

void zc_pack_double (zc_pack_t *self, double number)
{
    msgpack_packer packer = packer_of (self);
    msgpack_pack_double (&packer, number);
}

static void pack_str_header (zc_pack_t *self, size_t size)
{
    msgpack_packer packer = packer_of (self);
    if (size > UINT32_MAX)
        fail (self);
    msgpack_pack_str (&packer, size);
}

void zc_pack_str (zc_pack_t *self, const char *data, size_t size)
{
    pack_str_header (self, size);
    append (self, data, size);
}

void zc_pack_bin (zc_pack_t *self, const void *data, size_t size)
{
    msgpack_packer packer = packer_of (self);
    if (size > UINT32_MAX)
        fail (self);
    msgpack_pack_bin_with_body (&packer, data, size);
}

void zc_pack_array (zc_pack_t *self, size_t values)
{
    msgpack_packer packer = packer_of (self);
    msgpack_pack_array (&packer, values);
}

void zc_pack_map (zc_pack_t *self, size_t pairs)
{
    msgpack_packer packer = packer_of (self);
    msgpack_pack_map (&packer, pairs);
}

void zc_pack_raw (zc_pack_t *self, const void *bytes, size_t size)
{
    append (self, bytes, size);
}

void zc_pack_joined (zc_pack_t *self, const char *first, const char *second, const char *third)
{
    size_t sizes [] = {strlen (first), strlen (second), strlen (third)};
    pack_str_header (self, sizes [0] + sizes [1] + sizes [2]);
    append (self, first, sizes [0]);
    append (self, second, sizes [1]);
    append (self, third, sizes [2]);
}
