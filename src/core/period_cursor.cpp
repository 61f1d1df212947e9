#include "src/core/period_cursor.hpp"

#include <algorithm>

namespace productgraph::core {

PeriodCursor::PeriodCursor(std::span<const PeriodStart> starts) : starts_(starts) {
  const auto by_number = [](const PeriodStart& a, const PeriodStart& b) { return a.number < b.number; };
  const auto [least, greatest] = std::minmax_element(starts.begin(), starts.end(), by_number);
  least_ = least->number;
  size_ = static_cast<std::size_t>(std::int64_t{greatest->number} - least_ + 1);
  Stand(0);
}

void PeriodCursor::Stand(std::size_t at) {
  at_ = at;
  begin_ = at == 0 ? kMinusInfinity : starts_[at].at;
  end_ = at + 1 == starts_.size() ? kInfinity : starts_[at + 1].at;
}

void PeriodCursor::Seek(Micros ts) {
  const std::size_t next = at_ + 1;
  if (ts >= end_ && (next + 1 == starts_.size() || ts < starts_[next + 1].at)) return Stand(next);
  const auto behind = std::upper_bound(starts_.begin() + 1, starts_.end(), ts,
                                       [](Micros time, const PeriodStart& start) { return time < start.at; });
  Stand(static_cast<std::size_t>(behind - starts_.begin()) - 1);
}

std::pmr::vector<PeriodStart> ReadPeriods(ByteReader* reader, std::pmr::memory_resource* memory) {
  std::pmr::vector<PeriodStart> starts(memory);
  starts.reserve(reader->left() / sizeof(PeriodStart));
  while (reader->left() > 0) starts.push_back(reader->Get<PeriodStart>());
  const auto by_time = [](const PeriodStart& a, const PeriodStart& b) { return a.at < b.at; };
  if (starts.empty() || !std::is_sorted(starts.begin(), starts.end(), by_time)) ThrowCorruptState();
  return starts;
}

}  // namespace productgraph::core
