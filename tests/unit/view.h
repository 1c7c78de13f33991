/* SPDX-License-Identifier: MPL-2.0
 *
 * view.h - all that can be asked, for tests of reports and queries: a ledger, its rejects, its producers, and a
 * daemon's facts that are made up.
 *
 * Include cmocka.h first.
 */
#ifndef ZC_TEST_VIEW_H
#define ZC_TEST_VIEW_H

#include "core/api/report.h"
#include "events.h"
#include "unpack.h"

#define STARTED_MS 1767225600123 /* 2026-01-01T00:00:00.123Z */
#define BEGAN_MS 1764547200000   /* 2025-12-01T00:00:00Z */
#define ASKED_MS 1767312059007   /* 2026-01-02T00:00:59.007Z */

typedef struct {
    fixture_t fixture;
    zc_rejects_t *rejects;
    zc_producers_t *producers;
    zc_storage_status_t storage_status; /* on disk: nothing */
    zc_about_t about;
    zc_report_source_t view;
} asked_t;

static inline void asked_begin (asked_t *self, const zc_policy_t *policy)
{
    self->fixture = fixture_by (policy);
    self->rejects = zc_rejects_new (5);
    self->producers = zc_producers_new (&(zc_producers_limits_t){10, 10, 1000}, &(zc_siphash_secret_t){{1, 2}});
    assert_non_null (self->rejects);
    assert_non_null (self->producers);
    self->storage_status = (zc_storage_status_t){.kept = false};
    self->about = (zc_about_t){.version = "1.2.3",
                               .instance = "here",
                               .incarnation = "0123456789abcdef",
                               .began_ms = BEGAN_MS,
                               .interval_ms = 30000,
                               .prices_source = "builtin",
                               .prices_loaded_ms = STARTED_MS};
    self->view = (zc_report_source_t){.about = &self->about,
                                      .ledger = self->fixture.ledger,
                                      .rejects = self->rejects,
                                      .producers = self->producers,
                                      .storage_status = &self->storage_status,
                                      .now_ms = ASKED_MS,
                                      .uptime_ms = ASKED_MS - STARTED_MS,
                                      .sequence = 17,
                                      .rss_bytes = 4096,
                                      .drained_frames = 3,
                                      .drained_bytes = 99};
}

static inline void asked_begin_default (asked_t *self)
{
    zc_policy_t policy;
    zc_policy_default (&policy);
    asked_begin (self, &policy);
}

static inline void asked_end (asked_t *self)
{
    fixture_end (&self->fixture);
    zc_rejects_destroy (&self->rejects);
    zc_producers_destroy (&self->producers);
}

static inline void reject_one (asked_t *self, zc_reason_t reason, zc_why_t why, int key, const char *head)
{
    zc_reject_t reject = {reason, why, key, (const uint8_t *) head, strlen (head)};
    zc_rejects_add (self->rejects, &reject, ASKED_MS - 1);
}

#endif
