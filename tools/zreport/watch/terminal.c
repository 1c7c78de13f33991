/* SPDX-License-Identifier: MPL-2.0
 *
 * terminal.c - the terminal, by ncurses; see watch_terminal.h.
 */
#include "zreport/watch/terminal.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NCURSES_NOMACROS
#include <ncurses.h>
#include <termcap.h>

#define ESCAPE_MS 50 /* after an escape: whether it begins a key's sequence */

struct zr_terminal {
    const zr_screen_t *screen;
    FILE *keyboard; /* stdin, or the terminal itself where stdin is none; NULL: no keyboard */
    SCREEN *curses;
    attr_t tones [ZR_TONES];
    int rows, columns;
    bool away; /* given back for a while */
};

/* What exit () gives back. */
static zr_terminal_t *open_terminal;

bool zr_terminal_is_able (void)
{
    const char *type = getenv ("TERM");
    return type && tgetent (NULL, type) == 1 && tgetstr ("cm", NULL);
}

static void restore (void)
{
    if (open_terminal && !open_terminal->away)
        endwin ();
}

/* ------------------------------------------------------------------ tones */

/* Colours that read well on dark and on light grounds; without colours, what a terminal always has. */
static void make_tones (zr_terminal_t *self)
{
    static const struct {
        zr_tone_t tone;
        short colour;
    } colours [] = {{ZR_TONE_GOOD, COLOR_GREEN},
                    {ZR_TONE_WARN, COLOR_YELLOW},
                    {ZR_TONE_ALARM, COLOR_RED},
                    {ZR_TONE_BAR, COLOR_CYAN}};
    self->tones [ZR_TONE_STRONG] = A_BOLD;
    self->tones [ZR_TONE_FAINT] = A_DIM;
    self->tones [ZR_TONE_TITLE] = A_REVERSE;
    self->tones [ZR_TONE_ALARM] = A_BOLD;
    if (!self->screen->colour || !has_colors () || start_color () != OK)
        return;
    use_default_colors ();
    for (size_t i = 0; i < sizeof colours / sizeof colours [0]; i++)
        if (init_pair ((short) (i + 1), colours [i].colour, -1) == OK)
            self->tones [colours [i].tone] |= (attr_t) COLOR_PAIR (i + 1);
}

/* ------------------------------------------------------------------ life */

static FILE *find_keyboard (void)
{
    if (isatty (STDIN_FILENO))
        return stdin;
    return fopen ("/dev/tty", "re");
}

static void set_modes (const zr_terminal_t *self)
{
    cbreak ();
    noecho ();
    curs_set (0);
    nodelay (stdscr, TRUE);
    keypad (stdscr, TRUE);
    intrflush (stdscr, FALSE);
    leaveok (stdscr, TRUE);
    (void) self;
}

static void do_nothing (int number)
{
    (void) number;
}

/* ncurses ignores SIGTSTP while it draws, and what ignores a signal drops the one that is pending: a Ctrl-Z pressed
 * then would be lost. It keeps off a signal that has a handler when it begins. */
static SCREEN *open_curses (FILE *keyboard)
{
    struct sigaction handled = {.sa_handler = do_nothing}, before;
    sigaction (SIGTSTP, &handled, &before);
    SCREEN *curses = newterm (NULL, stdout, keyboard);
    sigaction (SIGTSTP, &before, NULL);
    return curses;
}

zr_terminal_t *zr_terminal_open (zr_screen_t *screen)
{
    zr_terminal_t *self = zr_screen_need (calloc (1, sizeof *self));
    self->screen = screen;
    self->keyboard = find_keyboard ();
    use_env (FALSE); /* the terminal's size counts, not what COLUMNS says */
    use_tioctl (TRUE);
    set_escdelay (ESCAPE_MS);
    self->curses = open_curses (self->keyboard ? self->keyboard : stdin);
    if (!self->curses) {
        zr_terminal_close (&self);
        return NULL;
    }
    static bool registered;
    if (!registered)
        atexit (restore);
    registered = true;
    open_terminal = self;
    set_modes (self);
    make_tones (self);
    zr_terminal_resize (self);
    return self;
}

void zr_terminal_close (zr_terminal_t **self_p)
{
    zr_terminal_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    restore ();
    open_terminal = NULL;
    if (self->curses)
        delscreen (self->curses);
    if (self->keyboard && self->keyboard != stdin)
        fclose (self->keyboard);
    free (self);
    *self_p = NULL;
}

void zr_terminal_leave (zr_terminal_t *self)
{
    self->away = true;
    endwin ();
}

void zr_terminal_return (zr_terminal_t *self)
{
    self->away = false;
    reset_prog_mode ();
    zr_terminal_resize (self);
    clearok (stdscr, TRUE);
}

/* ------------------------------------------------------------------ size */

void zr_terminal_resize (zr_terminal_t *self)
{
    struct winsize size = {0};
    int rows = getmaxy (stdscr), columns = getmaxx (stdscr);
    if (ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
        rows = size.ws_row;
        columns = size.ws_col;
    }
    if (resizeterm (rows, columns) == OK)
        clearok (stdscr, TRUE); /* what the terminal made of its old lines is not known */
    self->rows = getmaxy (stdscr);
    self->columns = getmaxx (stdscr);
}

int zr_terminal_rows (const zr_terminal_t *self)
{
    return self->rows;
}

int zr_terminal_columns (const zr_terminal_t *self)
{
    return self->columns;
}

/* ------------------------------------------------------------------ keys */

int zr_terminal_keyboard (const zr_terminal_t *self)
{
    return self->keyboard ? fileno (self->keyboard) : -1;
}

static int key_of (int code)
{
    switch (code) {
    case KEY_LEFT:
        return ZR_KEY_LEFT;
    case KEY_RIGHT:
        return ZR_KEY_RIGHT;
    case KEY_UP:
        return ZR_KEY_UP;
    case KEY_DOWN:
        return ZR_KEY_DOWN;
    case KEY_BTAB:
        return ZR_KEY_BACKTAB;
    default:
        return code > 0 && code < 256 ? code : ZR_KEY_OTHER;
    }
}

int zr_terminal_key (zr_terminal_t *self)
{
    if (!self->keyboard)
        return ZR_KEY_NONE;
    int code;
    do
        code = wgetch (stdscr);
    while (code == KEY_RESIZE); /* its own word of a resize that we did */
    return code == ERR ? ZR_KEY_NONE : key_of (code);
}

bool zr_terminal_has_hung_up (const zr_terminal_t *self)
{
    struct pollfd item = {.fd = zr_terminal_keyboard (self), .events = POLLIN};
    int bytes;
    return poll (&item, 1, 0) == 1 && (ioctl (item.fd, FIONREAD, &bytes) != 0 || bytes == 0);
}

/* ------------------------------------------------------------------ pictures */

void zr_terminal_clear (zr_terminal_t *self)
{
    (void) self;
    werase (stdscr);
}

void zr_terminal_paint (void *argument, int row, int column, const zr_page_t *page, int rows)
{
    zr_terminal_t *self = argument;
    for (int i = 0; i < rows && row + i < self->rows; i++) {
        zr_tone_t tone;
        const char *text;
        wmove (stdscr, row + i, column);
        for (size_t piece = 0; (text = zr_page_piece (page, (size_t) i, piece, &tone)); piece++) {
            wattrset (stdscr, (int) self->tones [tone]);
            waddstr (stdscr, text);
        }
    }
    wattrset (stdscr, A_NORMAL);
}

void zr_terminal_show (zr_terminal_t *self)
{
    if (!self->away)
        wrefresh (stdscr);
}
