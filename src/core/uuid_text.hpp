// UUIDs in their canonical text, 36 characters in lower case, and as 16 bytes.
#pragma once

#include <cstdint>
#include <string_view>

namespace productgraph::core {

// Whether text is a UUID in that form; if so its bytes are set.
bool ParseCanonicalUuid(std::string_view text, std::uint8_t bytes[16]);
// Writes the 36 characters.
void FormatUuid(const std::uint8_t bytes[16], char text[36]);

}  // namespace productgraph::core
