# SPDX-License-Identifier: MPL-2.0
# Writes the file IN as the C array zc_prices_builtin into OUT.
file (READ ${IN} bytes HEX)
string (REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
string (REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n" bytes "${bytes}")
file (WRITE ${OUT}
"#include <stddef.h>
#include \"core/pricing/prices.h\"
const char zc_prices_builtin [] = {\n${bytes}0};
const size_t zc_prices_builtin_size = sizeof zc_prices_builtin - 1;
")
