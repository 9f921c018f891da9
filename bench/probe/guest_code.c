// SPDX-License-Identifier: MIT
// Decoding just enough.
#include "guest_code.h"

#include <string.h>

bool x86_is_call(const uint8_t *code, size_t size) {
    size_t i = 0;
    // 66, f2 (bnd), 3e (notrack) and REX prefixes may stand before the opcode.
    while (i + 1 < size && (code[i] == 0x66 || code[i] == 0xf2 || code[i] == 0x3e || (code[i] & 0xf0u) == 0x40)) {
        i++;
    }
    return code[i] == 0xe8 || (code[i] == 0xff && i + 1 < size && ((code[i + 1] >> 3) & 7u) == 2);
}

bool arm64_is_call(const uint8_t *code, size_t size) {
    uint32_t word;
    if (size != sizeof word) {
        return false;
    }
    memcpy(&word, code, sizeof word);
    return (word & 0xfc000000u) == 0x94000000u || (word & 0xfffffc1fu) == 0xd63f0000u;
}

bool x86_is_locked(const uint8_t *code, size_t size) {
    size_t i = 0;
    while (i + 2 < size && (code[i] == 0x66 || code[i] == 0x3e || (code[i] & 0xf0u) == 0x40)) {
        i++;
    }
    bool exchange = i + 1 < size && (code[i] == 0x86 || code[i] == 0x87) && code[i + 1] < 0xc0;
    return code[i] == 0xf0 || exchange;
}

bool arm64_is_locked(const uint8_t *code, size_t size) {
    uint32_t word;
    if (size != sizeof word) {
        return false;
    }
    memcpy(&word, code, sizeof word);
    return (word & 0x3f200c00u) == 0x38200000u || (word & 0x3fa07c00u) == 0x08a07c00u ||
           (word & 0x3fe00000u) == 0x08000000u;
}
