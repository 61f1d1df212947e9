#include "src/core/sequence_state.hpp"

namespace productgraph::core {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kHeaderSize = 1 + 1 + 4;

SequenceParameters ReadHeader(ByteReader* reader) {
  SequenceParameters parameters;
  if (reader->Get<std::uint8_t>() != kVersion) ThrowCorruptState();
  parameters.conditions = reader->Get<std::uint8_t>();
  if (parameters.conditions < 1 || parameters.conditions > kMaxSteps) ThrowCorruptState();
  parameters.pattern = reader->GetText(reader->Get<std::uint32_t>());
  return parameters;
}

}  // namespace

void SequenceState::Merge(const SequenceState& other) {
  if (!(*parameters_ == *other.parameters_)) {
    throw Error(ErrorCode::kInvalidParameter, "cannot combine different patterns");
  }
  list_.Append(other.list_);
}

std::size_t SequenceState::SerializedSize() const {
  return kHeaderSize + parameters_->pattern.size() + list_.SerializedSize();
}

void SequenceState::Serialize(std::span<std::uint8_t> bytes) const {
  ByteWriter writer(bytes);
  writer.Put(kVersion);
  writer.Put(static_cast<std::uint8_t>(parameters_->conditions));
  writer.Put(static_cast<std::uint32_t>(parameters_->pattern.size()));
  writer.PutText(parameters_->pattern);
  list_.Serialize(&writer);
}

SequenceParameters SequenceState::ReadParameters(std::span<const std::uint8_t> bytes) {
  ByteReader reader(bytes);
  return ReadHeader(&reader);
}

void SequenceState::ReadRows(std::span<const std::uint8_t> bytes) {
  ByteReader reader(bytes);
  ReadHeader(&reader);
  list_.Read(&reader, parameters_->conditions);
}

}  // namespace productgraph::core
