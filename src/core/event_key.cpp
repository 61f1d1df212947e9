#include "src/core/event_key.hpp"

#include <cstring>

#include "src/core/id_time.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace productgraph::core {

EventKey MakeEventKey(std::string_view project_id, std::string_view event_id) {
  const XXH64_hash_t seed = XXH3_64bits(project_id.data(), project_id.size());
  const XXH128_hash_t hash = XXH3_128bits_withSeed(event_id.data(), event_id.size(), seed);
  XXH128_canonical_t bytes;
  XXH128_canonicalFromHash(&bytes, hash);
  EventKey key;
  static_assert(sizeof(key) == sizeof(bytes.digest));
  std::memcpy(key.data(), bytes.digest, key.size());
  if (const auto seconds = TimeOfId(event_id)) {
    for (int i = 0; i < 4; ++i)
      key[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(*seconds >> (24 - 8 * i));
  }
  return key;
}

}  // namespace productgraph::core
