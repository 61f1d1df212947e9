// The bytes of a segment: events of many actors, packed. docs/segments.md describes them with an example;
// what is decided here is only names and limits. Integers are little-endian.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "src/core/step_rows.hpp"

namespace productgraph::core {

inline constexpr std::uint8_t kSegmentVersion = 1;
inline constexpr std::size_t kMaxSegmentEvents = std::size_t{1} << 24;
// Kinds are numbered from 0 in each project; numbers have 16 bits.
inline constexpr std::uint32_t kMaxKinds = 1 << 16;
// Deltas of time have at most so many bits, so that one load of 64 bits from any byte holds one.
inline constexpr int kMaxDeltaBits = 56;
// Zero bytes after the packed deltas, which such a load may touch.
inline constexpr std::size_t kDeltaPadding = 8;
// A shard is a range of hashes of actors, of which there are 2^n.
inline constexpr int kMaxShardBits = 8;
// Times from some 36,000 years before 1970 to as many after it, so that no difference of two can overflow.
inline constexpr Micros kMaxPackedTime = Micros{1} << 60;

enum class TimeUnit : std::uint8_t { kMicrosecond, kMillisecond, kSecond };

constexpr Micros UnitMicros(TimeUnit unit) {
  constexpr Micros kMicros[] = {1, 1'000, 1'000'000};
  return kMicros[static_cast<int>(unit)];
}

// Which session an event belongs to: the first 80 bits of the XXH3-128 of its id. Among 100 million sessions
// two share it with a probability of 4 in a billion.
using SessionId = std::array<std::uint8_t, 10>;
SessionId MakeSessionId(std::string_view session_id);

// Actors are ordered by the XXH3-64 of their name, then by the name as bytes.
std::uint64_t ActorHash(std::string_view name);

// The number of the shard, of 2^shard_bits, that a hash lies in.
constexpr std::uint32_t ShardOf(std::uint64_t hash, int shard_bits) {
  return shard_bits == 0 ? 0 : static_cast<std::uint32_t>(hash >> (64 - shard_bits));
}

// The first bytes of a segment.
struct SegmentHeader {
  std::uint8_t version = kSegmentVersion;
  std::uint8_t kind_bytes = 1;  // of a local kind: 1 or 2
  std::uint8_t unit = 0;        // TimeUnit
  std::uint8_t flags = 0;       // kAmbiguousTies
  std::uint32_t actors = 0;
  std::uint32_t events = 0;
  std::uint32_t sessions = 0;
  std::uint32_t kinds = 0;            // of the table from local kinds to those of the project
  std::uint32_t directory_bytes = 0;  // of the actors and their runs
  std::uint64_t delta_bytes = 0;      // of the packed deltas, padding included
  std::int64_t first_time = 0;        // of all events, in microseconds
  std::int64_t last_time = 0;
  std::uint64_t checksum = 0;
};
static_assert(sizeof(SegmentHeader) == 56 && std::endian::native == std::endian::little);

// Of all that follows the header, and of the header up to its checksum.
std::uint64_t SegmentChecksum(const SegmentHeader& header, std::span<const std::uint8_t> body);

// Events of one actor at one time lie in the order of event.sequence and event_id. When it is not known how
// those of two segments that were merged would lie, this flag says so.
inline constexpr std::uint8_t kAmbiguousTies = 1;

// Follows the header: the table of kinds (u16 each), the directory, the local kinds of all events, the
// deltas. The directory has for each actor
//   name    varint n + 1 and n bytes; or 0 and the 16 bytes of a UUID whose 36 characters are the name
//   runs    varint
// and for each of its runs, which are in the order of time
//   events  varint 2 × number + (1 when its session is the actor's next new one)
//   session varint, its number among the actor's sessions from 0, unless it is new
//   gap     varint, in units from the first event of the run before; of the first run from first_time,
//   rounded down width   u8, when the run has more than one event: bits of each delta
// Deltas of all runs follow one another without gaps, the first in the lowest bits of the first byte.
inline constexpr std::size_t kUuidBytes = 16;
inline constexpr std::size_t kUuidCharacters = 36;

// Session ids lie apart from the segment, since few questions need them: one byte version, three zero bytes,
// the number of sessions u32, the checksum u64 (XXH3-64 of the rest), and the ids.
struct SessionBlockHeader {
  std::uint8_t version = kSegmentVersion;
  std::uint8_t zero[3] = {};
  std::uint32_t sessions = 0;
  std::uint64_t checksum = 0;
};
static_assert(sizeof(SessionBlockHeader) == 16);

// Of the ids.
std::uint64_t SessionsChecksum(std::span<const std::uint8_t> ids);

}  // namespace productgraph::core
