// Makes one segment of several.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "src/core/segment_reader.hpp"
#include "src/core/segment_writer.hpp"
#include "src/core/stop_token.hpp"

namespace productgraph::core {

// Writes what the readers have of a shard of 2^shard_bits. They have been read nothing of yet, and they have
// their sessions. Of events of one actor at one time those of the reader that comes first come first; unless
// all of them are of one kind and session, or come from one reader, the writer is told that their order is
// not known. Throws what readers, writer and token throw.
void MergeSegments(std::span<SegmentReader* const> readers, int shard_bits, std::uint32_t shard,
                   SegmentWriter* writer, const StopToken& stop, std::pmr::memory_resource* memory);

}  // namespace productgraph::core
