#include "src/core/next_node.hpp"

#include <algorithm>
#include <functional>
#include <tuple>

#include "src/core/arena_text.hpp"
#include "src/core/byte_codec.hpp"

namespace productgraph::core {
namespace {

constexpr std::uint32_t kStopInterval = 1 << 14;  // comparisons between two looks at the stop token
constexpr std::ptrdiff_t kNone = -1;

// Layout: version u8, direction u8, base u8, steps u8, then of each row ts i64, mask u32, base condition u8,
// size of the value u32 and its bytes.
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kHeaderSize = 4;
constexpr std::size_t kRowSize = 8 + 4 + 1 + 4;

}  // namespace

void NextNodeState::Add(Micros ts, std::string_view value, bool can_be_base, StepMask mask) {
  rows_.push_back({ts, CopyText(memory_, value), mask, can_be_base});
  sorted_ = false;
}

void NextNodeState::Merge(const NextNodeState& other) {
  if (!(parameters_ == other.parameters_)) {
    throw Error(ErrorCode::kInvalidParameter, "cannot combine different directions, bases or steps");
  }
  for (const Row& row : other.rows_) Add(row.ts, row.value, row.can_be_base, row.mask);
}

void NextNodeState::Sort(const StopToken& stop) {
  if (sorted_) return;
  std::uint32_t comparisons = 0;
  const auto less = [&](const Row& a, const Row& b) {
    if (++comparisons % kStopInterval == 0) stop.ThrowIfRequested();
    return std::tie(a.ts, a.value, a.mask, a.can_be_base) < std::tie(b.ts, b.value, b.mask, b.can_be_base);
  };
  std::sort(rows_.begin(), rows_.end(), std::cref(less));
  sorted_ = true;
}

std::ptrdiff_t NextNodeState::BaseIndex() const {
  const auto last = static_cast<std::ptrdiff_t>(rows_.size()) - 1;
  const auto matches = [](const Row& row) { return row.can_be_base && (row.mask & 1); };
  switch (parameters_.base) {
    case NodeBase::kHead:
      return rows_.front().can_be_base ? 0 : kNone;
    case NodeBase::kTail:
      return rows_.back().can_be_base ? last : kNone;
    case NodeBase::kFirstMatch: {
      const auto found = std::find_if(rows_.begin(), rows_.end(), matches);
      return found == rows_.end() ? kNone : found - rows_.begin();
    }
    case NodeBase::kLastMatch: {
      const auto found = std::find_if(rows_.rbegin(), rows_.rend(), matches);
      return found == rows_.rend() ? kNone : last - (found - rows_.rbegin());
    }
  }
  return kNone;
}

std::optional<std::string_view> NextNodeState::Find(const StopToken& stop) {
  if (rows_.empty()) return std::nullopt;
  Sort(stop);
  std::ptrdiff_t at = BaseIndex();
  if (at == kNone) return std::nullopt;
  const auto size = static_cast<std::ptrdiff_t>(rows_.size());
  for (int step = 0; step < parameters_.steps; ++step, at += parameters_.forward ? 1 : -1) {
    if (at < 0 || at >= size || !((rows_[at].mask >> step) & 1)) return std::nullopt;
  }
  if (at < 0 || at >= size) return std::nullopt;
  return rows_[at].value;
}

std::size_t NextNodeState::SerializedSize() const {
  std::size_t size = kHeaderSize;
  for (const Row& row : rows_) size += kRowSize + row.value.size();
  return size;
}

void NextNodeState::Serialize(std::span<std::uint8_t> bytes) const {
  ByteWriter writer(bytes);
  writer.Put(kVersion);
  writer.Put(static_cast<std::uint8_t>(parameters_.forward));
  writer.Put(static_cast<std::uint8_t>(parameters_.base));
  writer.Put(static_cast<std::uint8_t>(parameters_.steps));
  for (const Row& row : rows_) {
    writer.Put(row.ts);
    writer.Put(row.mask);
    writer.Put(static_cast<std::uint8_t>(row.can_be_base));
    writer.Put(static_cast<std::uint32_t>(row.value.size()));
    writer.PutText(row.value);
  }
}

void NextNodeState::Deserialize(std::span<const std::uint8_t> bytes) {
  ByteReader reader(bytes);
  if (reader.Get<std::uint8_t>() != kVersion) ThrowCorruptState();
  const std::uint8_t forward = reader.Get<std::uint8_t>();
  const std::uint8_t base = reader.Get<std::uint8_t>();
  const std::uint8_t steps = reader.Get<std::uint8_t>();
  if (forward > 1 || base > static_cast<std::uint8_t>(NodeBase::kLastMatch) || steps < 1 ||
      steps > kMaxSteps) {
    ThrowCorruptState();
  }
  parameters_ = {forward == 1, static_cast<NodeBase>(base), steps};
  while (reader.left() > 0) {
    const Micros ts = reader.Get<Micros>();
    const StepMask mask = reader.Get<StepMask>();
    const std::uint8_t can_be_base = reader.Get<std::uint8_t>();
    if (can_be_base > 1) ThrowCorruptState();
    const std::string_view value = reader.GetText(reader.Get<std::uint32_t>());
    Add(ts, value, can_be_base == 1, mask);
  }
}

}  // namespace productgraph::core
