#include "src/core/segment_format.hpp"

#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace productgraph::core {

SessionId MakeSessionId(std::string_view session_id) {
  XXH128_canonical_t bytes;
  XXH128_canonicalFromHash(&bytes, XXH3_128bits(session_id.data(), session_id.size()));
  SessionId id;
  std::memcpy(id.data(), bytes.digest, id.size());
  return id;
}

std::uint64_t ActorHash(std::string_view name) {
  return XXH3_64bits(name.data(), name.size());
}

std::uint64_t SegmentChecksum(const SegmentHeader& header, std::span<const std::uint8_t> body) {
  const std::uint64_t seed = XXH3_64bits(&header, offsetof(SegmentHeader, checksum));
  return XXH3_64bits_withSeed(body.data(), body.size(), seed);
}

std::uint64_t SessionsChecksum(std::span<const std::uint8_t> ids) {
  return XXH3_64bits(ids.data(), ids.size());
}

}  // namespace productgraph::core
