// The time that an event id carries.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace productgraph::core {

// Seconds since 1970 as the id itself has them, modulo 2^32: of a UUID of version 1, 6 or 7 in its usual text
// form, and of a ULID. Nothing for any other text. What only looks like one has an arbitrary time, but always
// the same.
std::optional<std::uint32_t> TimeOfId(std::string_view id);

}  // namespace productgraph::core
