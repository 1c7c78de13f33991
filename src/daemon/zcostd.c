/* SPDX-License-Identifier: MPL-2.0
 *
 * zcostd.c - the daemon: settings, limits, signals, and then the server.
 */
#include <czmq.h>

#include "daemon/check.h"
#include "daemon/reprice/reprice.h"
#include "daemon/server.h"
#include "daemon/settings.h"
#include "program/process.h"

int main (int argc, char **argv)
{
    static zc_settings_t settings;
    zc_process_fill_streams ();
    zsys_handler_set (NULL);
    zc_parsed_t parsed = zc_settings_parse (argc, argv, &settings);
    if (parsed == ZC_EXIT_DONE && (fflush (stdout) == EOF || ferror (stdout))) {
        fprintf (stderr, "zcostd: cannot write: %s\n", strerror (errno));
        return 1;
    }
    if (parsed != ZC_RUN)
        return parsed == ZC_EXIT_DONE ? 0 : 2;
    if (settings.check)
        return zc_check_data_dir (settings.check);
    if (settings.reprice)
        return zc_reprice (&settings);
    zc_process_take_signals ();
    zc_process_limit_memory (settings.memory_max_bytes);
    if (zc_process_raise_files () == -1)
        return 1;
    zc_server_t *server = zc_server_new (&settings);
    if (!server)
        return 1;
    int rc = zc_server_run (server);
    zc_server_destroy (&server);
    zsys_shutdown ();
    return rc == 0 ? 0 : 1;
}
