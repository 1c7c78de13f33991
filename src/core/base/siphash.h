/* SPDX-License-Identifier: MPL-2.0
 *
 * siphash.h - SipHash-1-3 over words, by a secret of 128 bits.
 *
 * For tables whose keys come from the wire: without the secret nobody can choose keys that meet in one
 * place. What it hashes is a sequence of words; who hashes texts puts their sizes into it too.
 */
#ifndef ZC_SIPHASH_H
#define ZC_SIPHASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Random (getrandom), made once by the program and handed in: what is here is pure. Where something stands in a table
 * may depend on it, and nothing else. */
typedef struct {
    uint64_t words [2];
} zc_siphash_secret_t;

typedef struct {
    uint64_t a, b, c, d;
} zc_siphash_t;

static inline uint64_t zc_siphash_rotate (uint64_t word, int bits)
{
    return word << bits | word >> (64 - bits);
}

static inline void zc_siphash_round (zc_siphash_t *self)
{
    self->a += self->b;
    self->c += self->d;
    self->b = zc_siphash_rotate (self->b, 13) ^ self->a;
    self->d = zc_siphash_rotate (self->d, 16) ^ self->c;
    self->a = zc_siphash_rotate (self->a, 32) + self->d;
    self->c += self->b;
    self->d = zc_siphash_rotate (self->d, 21) ^ self->a;
    self->b = zc_siphash_rotate (self->b, 17) ^ self->c;
    self->c = zc_siphash_rotate (self->c, 32);
}

static inline zc_siphash_t zc_siphash_begin (const zc_siphash_secret_t *secret)
{
    uint64_t first = secret->words [0], second = secret->words [1];
    return (zc_siphash_t){first ^ UINT64_C (0x736f6d6570736575), second ^ UINT64_C (0x646f72616e646f6d),
                          first ^ UINT64_C (0x6c7967656e657261), second ^ UINT64_C (0x7465646279746573)};
}

static inline void zc_siphash_word (zc_siphash_t *self, uint64_t word)
{
    self->d ^= word;
    zc_siphash_round (self);
    self->a ^= word;
}

/* The bytes as words, the last one filled with zeros. */
static inline void zc_siphash_bytes (zc_siphash_t *self, const void *data, size_t size)
{
    for (const char *bytes = data; size > 0; bytes += 8) {
        size_t part = size < 8 ? size : 8;
        uint64_t word = 0;
        memcpy (&word, bytes, part);
        zc_siphash_word (self, word);
        size -= part;
    }
}

static inline uint64_t zc_siphash_end (zc_siphash_t *self)
{
    self->c ^= 0xff;
    for (int i = 0; i < 3; i++)
        zc_siphash_round (self);
    return self->a ^ self->b ^ self->c ^ self->d;
}

#endif
