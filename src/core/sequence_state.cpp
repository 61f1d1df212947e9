#include "src/core/sequence_state.hpp"

namespace productgraph::core {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kHeaderSize = 1 + 1 + 4;

}  // namespace

void SequenceState::Merge(const SequenceState& other) {
  if (pattern_ != other.pattern_ || conditions_ != other.conditions_) {
    throw Error(ErrorCode::kInvalidParameter, "cannot combine different patterns");
  }
  list_.Append(other.list_);
}

std::size_t SequenceState::SerializedSize() const {
  return kHeaderSize + pattern_.size() + list_.SerializedSize();
}

void SequenceState::Serialize(std::span<std::uint8_t> bytes) const {
  ByteWriter writer(bytes);
  writer.Put(kVersion);
  writer.Put(static_cast<std::uint8_t>(conditions_));
  writer.Put(static_cast<std::uint32_t>(pattern_.size()));
  writer.PutText(pattern_);
  list_.Serialize(&writer);
}

void SequenceState::Deserialize(std::span<const std::uint8_t> bytes) {
  ByteReader reader(bytes);
  if (reader.Get<std::uint8_t>() != kVersion) ThrowCorruptState();
  conditions_ = reader.Get<std::uint8_t>();
  if (conditions_ < 1 || conditions_ > kMaxSteps) ThrowCorruptState();
  pattern_ = reader.GetText(reader.Get<std::uint32_t>());
  list_.Read(&reader, conditions_);
}

}  // namespace productgraph::core
