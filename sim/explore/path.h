// SPDX-License-Identifier: MIT
// Which way a call went: told by the places in the core that its steps are in, the deepest of them.
#ifndef PATH_H
#define PATH_H

enum path {
    PATH_CACHED,      // the call's own cache, and what tells a block from a mistake
    PATH_SPANS,       // words of blocks, hints of spans
    PATH_PAGES,       // a span made or dissolved, or a run
    PATH_SCAVENGING,  // empty spans taken apart for others
    PATH_SERVING,     // somebody has his hand up, and is looked for
    PATH_LAST_RESORT, // everything was read
    PATH_HELPED,      // the same again with the hand up
    PATHS,
};

// Tells every place of the program its path.
void path_init(void);

const char *path_name(enum path path);

#endif
