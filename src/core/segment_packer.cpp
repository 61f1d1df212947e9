#include "src/core/segment_packer.hpp"

#include <algorithm>
#include <numeric>

namespace productgraph::core {
namespace {

constexpr std::size_t kStopInterval = 256;  // actors between two looks at the stop token

}  // namespace

SegmentPacker::SegmentPacker(std::size_t events, std::pmr::memory_resource* memory)
    : actors_(memory), rows_(memory), ranked_(memory), order_(memory), ties_(memory) {
  static_assert(sizeof(Row) + sizeof(std::uint32_t) == kBytesPerEvent);
  rows_.reserve(events);
}

void SegmentPacker::Add(std::string_view actor, std::uint64_t hash, const EventToPack& event) {
  rows_.push_back({event.ts, event.sequence.value_or(0), actors_.Number(actor, hash), event.place.block,
                   event.place.offset, event.kind, MakeSessionId(event.session_id),
                   event.sequence.has_value()});
}

bool SegmentPacker::IsBefore(const Row& a, const Row& b) const {
  if (a.ts != b.ts) return a.ts < b.ts;
  if (a.has_sequence != b.has_sequence) return a.has_sequence;
  return a.sequence < b.sequence;
}

void SegmentPacker::SortActor(std::size_t begin, std::size_t end) {
  const auto before = [this](std::uint32_t a, std::uint32_t b) { return IsBefore(rows_[a], rows_[b]); };
  const auto first = order_.begin() + static_cast<std::ptrdiff_t>(begin);
  const auto last = order_.begin() + static_cast<std::ptrdiff_t>(end);
  if (!std::is_sorted(first, last, before)) std::sort(first, last, before);
}

void SegmentPacker::FindTies(std::size_t begin, std::size_t end) {
  while (begin < end) {
    const Row& first = rows_[order_[begin]];
    std::size_t next = begin + 1;
    bool matters = false;
    for (; next < end && !IsBefore(first, rows_[order_[next]]); ++next) {
      const Row& row = rows_[order_[next]];
      matters |= row.kind != first.kind || row.session != first.session;
    }
    if (matters) ties_.push_back({begin, next - begin});
    begin = next;
  }
}

void SegmentPacker::Sort(const StopToken& stop) {
  ranked_.resize(actors_.size());
  std::iota(ranked_.begin(), ranked_.end(), 0);
  std::sort(ranked_.begin(), ranked_.end(), [this](std::uint32_t a, std::uint32_t b) {
    const TextNumbers::Text &left = actors_[a], &right = actors_[b];
    return left.hash != right.hash ? left.hash < right.hash : left.text < right.text;
  });
  // Where the rows of each actor go: its end at first, which moves down to its begin.
  std::pmr::vector<std::uint32_t> ends(actors_.size(), 0, order_.get_allocator());
  for (const Row& row : rows_) ++ends[row.actor];
  std::uint32_t end = 0;
  for (const std::uint32_t actor : ranked_) ends[actor] = end += ends[actor];
  order_.resize(rows_.size());
  for (std::size_t i = rows_.size(); i-- > 0;) order_[--ends[rows_[i].actor]] = static_cast<std::uint32_t>(i);
  for (std::size_t i = 0; i < ranked_.size(); ++i) {
    if (i % kStopInterval == 0) stop.ThrowIfRequested();
    const std::size_t begin = ends[ranked_[i]];
    const std::size_t next = i + 1 < ranked_.size() ? ends[ranked_[i + 1]] : order_.size();
    SortActor(begin, next);
    FindTies(begin, next);
  }
}

void SegmentPacker::Order(const EventTie& tie, std::span<const std::size_t> positions) {
  std::pmr::vector<std::uint32_t> rows(order_.get_allocator());
  for (const std::size_t position : positions) rows.push_back(order_[position]);
  std::copy(rows.begin(), rows.end(), order_.begin() + static_cast<std::ptrdiff_t>(tie.first));
}

std::optional<std::uint32_t> SegmentPacker::Write(int shard_bits, std::size_t most, SegmentWriter* writer) {
  if (written_ == order_.size()) return std::nullopt;
  const std::uint32_t shard = ShardOf(actors_[rows_[order_[written_]].actor].hash, shard_bits);
  const Row* last = nullptr;
  while (written_ < order_.size()) {
    const Row& row = rows_[order_[written_]];
    const bool goes_on = last && row.actor == last->actor;
    if (!goes_on && ShardOf(actors_[row.actor].hash, shard_bits) != shard) break;
    if (writer->events() >= most && !(goes_on && row.ts == last->ts)) break;
    if (!goes_on) writer->BeginActor(actors_[row.actor].text, actors_[row.actor].hash);
    writer->Add(row.ts, row.kind, row.session);
    last = &row;
    ++written_;
  }
  return shard;
}

}  // namespace productgraph::core
