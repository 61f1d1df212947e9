// The compact key by which a repeated event is recognised.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace productgraph::core {

// 128 bits that stand for a project's event id; compared as bytes.
using EventKey = std::array<std::uint8_t, 16>;

// Equal for equal (project_id, event_id). The hash (XXH3) is fast and well mixed but no cryptographic one:
// keys are kept apart by organization, so whoever makes two ids collide hides only an event of their own.
EventKey MakeEventKey(std::string_view project_id, std::string_view event_id);

}  // namespace productgraph::core
