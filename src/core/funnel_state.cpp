#include "src/core/funnel_state.hpp"

#include <cstring>

#include "src/core/error.hpp"

namespace productgraph::core {
namespace {

// Layout, in the byte order of the machine (states travel only between processes of one server):
// version u8, steps u8, once u8, months i32, days i32, micros i64, number of rows u64, then ts i64 and mask u32 of
// each row.
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kHeaderSize = 3 + 4 + 4 + 8 + 8;
constexpr std::size_t kRowSize = 8 + 4;

template <class T>
std::uint8_t* Put(std::uint8_t* at, T value) {
  std::memcpy(at, &value, sizeof(value));
  return at + sizeof(value);
}

template <class T>
const std::uint8_t* Get(const std::uint8_t* at, T* value) {
  std::memcpy(value, at, sizeof(*value));
  return at + sizeof(*value);
}

[[noreturn]] void ThrowCorrupt() {
  throw Error(ErrorCode::kInvalidParameter, "corrupted state of a funnel aggregate");
}

}  // namespace

void FunnelState::Merge(const FunnelState& other) {
  if (!(parameters_ == other.parameters_)) {
    throw Error(ErrorCode::kInvalidParameter, "cannot combine funnels of different windows, modes or steps");
  }
  rows_.insert(rows_.end(), other.rows_.begin(), other.rows_.end());
  sorted_ = false;
}

void FunnelState::Sort(const StopToken& stop) {
  if (!sorted_) SortRows(rows_, stop);
  sorted_ = true;
}

std::size_t FunnelState::SerializedSize() const {
  return kHeaderSize + rows_.size() * kRowSize;
}

void FunnelState::Serialize(std::span<std::uint8_t> bytes) const {
  std::uint8_t* at = bytes.data();
  at = Put(at, kVersion);
  at = Put(at, static_cast<std::uint8_t>(parameters_.options.steps));
  at = Put(at, static_cast<std::uint8_t>(parameters_.options.once));
  at = Put(at, parameters_.window_months);
  at = Put(at, parameters_.window_days);
  at = Put(at, parameters_.window_micros);
  at = Put(at, static_cast<std::uint64_t>(rows_.size()));
  for (const StepRow& row : rows_) {
    at = Put(at, row.ts);
    at = Put(at, row.mask);
  }
}

FunnelParameters FunnelState::ReadParameters(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < kHeaderSize || (bytes.size() - kHeaderSize) % kRowSize != 0) ThrowCorrupt();
  std::uint8_t version, steps, once;
  std::uint64_t rows;
  FunnelParameters parameters;
  const std::uint8_t* at = Get(bytes.data(), &version);
  at = Get(at, &steps);
  at = Get(at, &once);
  at = Get(at, &parameters.window_months);
  at = Get(at, &parameters.window_days);
  at = Get(at, &parameters.window_micros);
  Get(at, &rows);
  if (version != kVersion || steps < 1 || steps > kMaxSteps || once > 1) ThrowCorrupt();
  if (rows != (bytes.size() - kHeaderSize) / kRowSize) ThrowCorrupt();
  parameters.options.steps = steps;
  parameters.options.once = once;
  return parameters;
}

void FunnelState::ReadRows(std::span<const std::uint8_t> bytes) {
  const std::size_t count = (bytes.size() - kHeaderSize) / kRowSize;
  rows_.reserve(rows_.size() + count);
  const std::uint8_t* at = bytes.data() + kHeaderSize;
  const StepMask allowed = static_cast<StepMask>((std::uint64_t{1} << parameters_.options.steps) - 1);
  for (std::size_t i = 0; i < count; ++i) {
    StepRow row;
    at = Get(at, &row.ts);
    at = Get(at, &row.mask);
    if (row.mask == 0 || (row.mask & ~allowed)) ThrowCorrupt();
    rows_.push_back(row);
  }
  sorted_ = false;
}

}  // namespace productgraph::core
