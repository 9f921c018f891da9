// SPDX-License-Identifier: MIT
// Regions for heaps: address space whose pages cost nothing until they are touched.
#ifndef STRESS_REGION_H
#define STRESS_REGION_H

#include <stddef.h>

#define REGION_ALIGN ((size_t)256 << 10)

// bytes of zeroed memory that begins offset_pages pages after a multiple of REGION_ALIGN. Ends the program if refused.
unsigned char *region_map(size_t bytes, size_t offset_pages);

// Returns what region_map gave for as many bytes.
void region_unmap(unsigned char *region, size_t bytes);

#endif
