/* SPDX-License-Identifier: MPL-2.0
 *
 * keys.c - the distinct dimensions of events.
 */
#include "core/ledger/keys.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/intern.h"
#include "core/base/siphash.h"
#include "core/base/str.h"

/* Chunks double, so that a few pointers reach every number and no entry ever moves. */
#define FIRST_CHUNK_BITS 6
#define CHUNKS (32 - FIRST_CHUNK_BITS)
#define KEYS_END (UINT32_MAX - (1u << FIRST_CHUNK_BITS))

#define INDEX_MIN 256u
#define BLOCK_BYTES 65536u /* of strings */

typedef struct block {
    struct block *next;
    char bytes [];
} block_t;

struct zc_keys {
    zc_key_entry_t *chunks [CHUNKS];
    uint32_t count, others, max;
    uint32_t *index; /* open addressing: number + 1; 0: empty */
    uint32_t index_size;
    zc_siphash_secret_t secret;
    zc_intern_t services; /* those of the keys */
    block_t *blocks;      /* newest first */
    size_t block_used, block_size;
};

static const zc_str_t default_name = {"default", 7}, other_name = {"other", 5};

/* ------------------------------------------------------------------------- new */

zc_keys_t *zc_keys_new (uint32_t max, const zc_siphash_secret_t *secret)
{
    zc_keys_t *self = calloc (1, sizeof *self);
    uint32_t number;
    if (!self)
        return NULL;
    self->max = max;
    self->index_size = INDEX_MIN;
    self->index = calloc (self->index_size, sizeof *self->index);
    self->secret = *secret;
    if (!self->index || zc_intern_init (&self->services, ZC_SERVICES_MAX) == -1 ||
        zc_intern_add (&self->services, default_name, &number) == -1 ||
        zc_intern_add (&self->services, other_name, &number) == -1)
        zc_keys_destroy (&self);
    return self;
}

void zc_keys_destroy (zc_keys_t **self_p)
{
    zc_keys_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    for (size_t i = 0; i < CHUNKS; i++)
        free (self->chunks [i]);
    while (self->blocks) {
        block_t *next = self->blocks->next;
        free (self->blocks);
        self->blocks = next;
    }
    zc_intern_term (&self->services);
    free (self->index);
    free (self);
    *self_p = NULL;
}

void zc_keys_set_max (zc_keys_t *self, uint32_t max)
{
    self->max = max;
}

/* -------------------------------------------------------------------- equality */

static bool same_key (const zc_dimensions_t *a, const zc_dimensions_t *b)
{
    return a->type == b->type && zc_str_equal (a->service, b->service) && zc_str_equal (a->tier, b->tier) &&
           zc_str_equal (a->model, b->model) && zc_str_equal (a->provider, b->provider) &&
           zc_str_equal (a->tags, b->tags);
}

static bool is_other (const zc_dimensions_t *key)
{
    return zc_str_equal (key->service, other_name) && zc_str_equal (key->model, other_name) &&
           zc_str_equal (key->provider, other_name) && key->tags.size == 0;
}

/* ---------------------------------------------------------------------- lookup */

static inline zc_key_entry_t *entry_of (const zc_keys_t *self, uint32_t key)
{
    uint32_t place = key + (1u << FIRST_CHUNK_BITS), bit = 31 - (uint32_t) __builtin_clz (place);
    return &self->chunks [bit - FIRST_CHUNK_BITS][place - (1u << bit)];
}

zc_key_entry_t *zc_keys_at (const zc_keys_t *self, uint32_t key)
{
    return entry_of (self, key);
}

const zc_siphash_secret_t *zc_keys_secret (const zc_keys_t *self)
{
    return &self->secret;
}

uint32_t zc_keys_count (const zc_keys_t *self)
{
    return self->count;
}

static uint64_t hash_of (const zc_keys_t *self, const zc_dimensions_t *key)
{
    const zc_str_t *const texts [] = {&key->service, &key->tier, &key->model, &key->provider, &key->tags};
    zc_siphash_t hash = zc_siphash_begin (&self->secret);
    zc_siphash_word (&hash, key->type);
    for (size_t i = 0; i < sizeof texts / sizeof texts [0]; i++) {
        zc_siphash_word (&hash, texts [i]->size);
        zc_siphash_bytes (&hash, texts [i]->data, texts [i]->size);
    }
    return zc_siphash_end (&hash);
}

/* The slot of the index that holds the key, or the empty one where it would be. */
static uint32_t *slot_of (const zc_keys_t *self, const zc_dimensions_t *key, uint64_t hash)
{
    uint32_t slot = (uint32_t) hash & (self->index_size - 1);
    for (; self->index [slot]; slot = (slot + 1) & (self->index_size - 1)) {
        const zc_key_entry_t *entry = entry_of (self, self->index [slot] - 1);
        if (entry->hash == hash && same_key (&entry->dimensions, key))
            break;
    }
    return &self->index [slot];
}

/* ------------------------------------------------------------------------- add */

static int make_index (zc_keys_t *self)
{
    if (self->count < self->index_size / 2)
        return 0;
    uint32_t size = 2 * self->index_size;
    uint32_t *index = size ? calloc (size, sizeof *index) : NULL;
    if (!index)
        return -1;
    for (uint32_t key = 0; key < self->count; key++) {
        uint32_t slot = (uint32_t) entry_of (self, key)->hash & (size - 1);
        while (index [slot])
            slot = (slot + 1) & (size - 1);
        index [slot] = key + 1;
    }
    free (self->index);
    self->index = index;
    self->index_size = size;
    return 0;
}

static int make_entry (zc_keys_t *self)
{
    uint32_t place = self->count + (1u << FIRST_CHUNK_BITS), bit = 31 - (uint32_t) __builtin_clz (place);
    zc_key_entry_t **chunk = &self->chunks [bit - FIRST_CHUNK_BITS];
    if (!*chunk)
        *chunk = calloc ((size_t) 1 << bit, sizeof **chunk);
    return *chunk ? 0 : -1;
}

static int make_text (zc_keys_t *self, size_t size)
{
    if (self->block_size - self->block_used >= size)
        return 0;
    size_t block_size = size > BLOCK_BYTES ? size : BLOCK_BYTES;
    block_t *block = malloc (sizeof *block + block_size);
    if (!block)
        return -1;
    block->next = self->blocks;
    self->blocks = block;
    self->block_size = block_size;
    self->block_used = 0;
    return 0;
}

/* One after the other: what is compared together lies together. */
static zc_str_t keep_text (zc_keys_t *self, zc_str_t text)
{
    char *copy = self->blocks->bytes + self->block_used;
    if (text.size)
        memcpy (copy, text.data, text.size);
    self->block_used += text.size;
    return (zc_str_t){copy, text.size};
}

/* All that may fail comes before anything that shows. */
static int make_room (zc_keys_t *self, const zc_dimensions_t *key)
{
    uint32_t number;
    size_t size = (size_t) key->service.size + key->tier.size + key->model.size + key->provider.size + key->tags.size;
    if (self->count == KEYS_END || make_index (self) == -1 || make_entry (self) == -1 ||
        make_text (self, size ? size : 1) == -1)
        return -1;
    /* A full set of services knows this one, or it is of an earlier life, under other caps. */
    int rc = zc_intern_add (&self->services, key->service, &number);
    return rc == -1 && self->services.count < self->services.max ? -1 : 0;
}

static int add (zc_keys_t *self, const zc_dimensions_t *key, uint64_t hash, uint32_t *ret_key)
{
    if (make_room (self, key) == -1)
        return -1;
    zc_key_entry_t *entry = entry_of (self, self->count);
    entry->hash = hash;
    entry->dimensions = (zc_dimensions_t){
        .type = key->type,
        .service = keep_text (self, key->service),
        .tier = keep_text (self, key->tier),
        .model = keep_text (self, key->model),
        .provider = keep_text (self, key->provider),
        .tags = keep_text (self, key->tags),
    };
    *slot_of (self, key, hash) = self->count + 1;
    self->others += is_other (key);
    *ret_key = self->count++;
    return 0;
}

/* ------------------------------------------------------------------------ find */

/* Whether it is known, or there is room for it. */
static bool has_service (const zc_keys_t *self, zc_str_t service)
{
    uint32_t number;
    return self->services.count < self->services.max || zc_intern_find (&self->services, service, &number) == 0;
}

/* The caps hold only for what is not there yet: so a key once given stays the event's own. */
static int find_or_add (zc_keys_t *self, const zc_dimensions_t *key, uint32_t *ret_key, bool *ret_folded)
{
    uint64_t hash = hash_of (self, key);
    uint32_t found = *slot_of (self, key, hash);
    if (found) {
        *ret_key = found - 1;
        return 0;
    }
    zc_dimensions_t within = *key;
    if (!has_service (self, key->service))
        within.service = other_name;
    else if (!is_other (key) && self->count - self->others >= self->max)
        within = (zc_dimensions_t){key->type, other_name, key->tier, other_name, other_name, {"", 0}};
    else
        return add (self, key, hash, ret_key);
    *ret_folded = true;
    /* Ends: `other` is always among the services, and the key `other` is under no cap. */
    return find_or_add (self, &within, ret_key, ret_folded);
}

int zc_keys_find (zc_keys_t *self, const zc_dimensions_t *dimensions, uint32_t *ret_key, bool *ret_folded)
{
    bool folded = false;
    if (find_or_add (self, dimensions, ret_key, &folded) == -1)
        return -1;
    *ret_folded = folded;
    return 0;
}

int zc_keys_restore (zc_keys_t *self, const zc_dimensions_t *dimensions)
{
    uint64_t hash = hash_of (self, dimensions);
    uint32_t key;
    return *slot_of (self, dimensions, hash) ? -1 : add (self, dimensions, hash, &key);
}
