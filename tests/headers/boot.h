// What the examples of lib/nubo/boot use and do not show.
#ifndef TESTS_HEADERS_BOOT_H_
#define TESTS_HEADERS_BOOT_H_

#include "nubo/boot/gunzip.h"
#include "tests/headers/context.h"

#endif  // TESTS_HEADERS_BOOT_H_
