#include "src/core/funnel_state.hpp"

#include "src/core/error.hpp"

namespace productgraph::core {
namespace {

// Layout: version u8, steps u8, modes u8 (bit i for kFunnelModes[i]), months i32, days i32, micros i64, then
// the rows.
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kHeaderSize = 3 + 4 + 4 + 8;
constexpr int kModes = static_cast<int>(std::size(kFunnelModes));

std::uint8_t ModeBits(const FunnelOptions& options) {
  std::uint8_t bits = 0;
  for (int i = 0; i < kModes; ++i)
    bits = static_cast<std::uint8_t>(bits | (options.*kFunnelModes[i].option) << i);
  return bits;
}

FunnelParameters ReadHeader(ByteReader* reader) {
  FunnelParameters parameters;
  if (reader->Get<std::uint8_t>() != kVersion) ThrowCorruptState();
  parameters.options.steps = reader->Get<std::uint8_t>();
  const std::uint8_t modes = reader->Get<std::uint8_t>();
  if (parameters.options.steps < 1 || parameters.options.steps > kMaxSteps || modes >> kModes)
    ThrowCorruptState();
  for (int i = 0; i < kModes; ++i) parameters.options.*kFunnelModes[i].option = (modes >> i) & 1;
  parameters.window_months = reader->Get<std::int32_t>();
  parameters.window_days = reader->Get<std::int32_t>();
  parameters.window_micros = reader->Get<Micros>();
  return parameters;
}

}  // namespace

void FunnelState::Merge(const FunnelState& other) {
  if (!(parameters_ == other.parameters_)) {
    throw Error(ErrorCode::kInvalidParameter, "cannot combine funnels of different windows, modes or steps");
  }
  list_.Append(other.list_);
}

std::size_t FunnelState::SerializedSize() const {
  return kHeaderSize + list_.SerializedSize();
}

void FunnelState::Serialize(std::span<std::uint8_t> bytes) const {
  ByteWriter writer(bytes);
  writer.Put(kVersion);
  writer.Put(static_cast<std::uint8_t>(parameters_.options.steps));
  writer.Put(ModeBits(parameters_.options));
  writer.Put(parameters_.window_months);
  writer.Put(parameters_.window_days);
  writer.Put(parameters_.window_micros);
  list_.Serialize(&writer);
}

FunnelParameters FunnelState::ReadParameters(std::span<const std::uint8_t> bytes) {
  ByteReader reader(bytes);
  return ReadHeader(&reader);
}

void FunnelState::ReadRows(std::span<const std::uint8_t> bytes) {
  ByteReader reader(bytes);
  ReadHeader(&reader);
  list_.Read(&reader, parameters_.options.steps);
}

}  // namespace productgraph::core
