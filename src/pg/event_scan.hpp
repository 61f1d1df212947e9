// Reads the rows of a week that are to be packed.
#pragma once

#include "src/core/segment_packer.hpp"
#include "src/pg/kind_table.hpp"
#include "src/pg/segment_store.hpp"

namespace productgraph::pg {

struct EventScan {
  ProjectWeek of;
  TimestampTz received_from;  // rows with received_at in [received_from, received_before)
  TimestampTz received_before;
  int shard_bits;
  std::uint32_t first_shard;  // whose actors lie in these shards
  std::uint32_t last_shard;
  int64 rows_before;  // about how many earlier passes over the rows read, and all passes will, for progress
  int64 rows_in_all;
};

// Adds the rows to the packer, their kinds to the table, and puts the events in order. Ends early when the
// project has too many kinds, which KindTable::is_full tells. Between EnterStore and LeaveStore only.
void ScanEvents(const EventScan& scan, KindTable* kinds, core::SegmentPacker* packer);

}  // namespace productgraph::pg
