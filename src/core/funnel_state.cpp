#include "src/core/funnel_state.hpp"

#include "src/core/error.hpp"

namespace productgraph::core {
namespace {

// Layout: version u8, the options, months i32, days i32, micros i64, then the rows.
constexpr std::uint8_t kVersion = 1;

// Options of a funnel: steps u8, modes u8 (bit i for kFunnelModes[i]).
constexpr int kModes = static_cast<int>(std::size(kFunnelModes));

std::size_t SizeOf(const FunnelOptions&) {
  return 2;
}

void Put(const FunnelOptions& options, ByteWriter* writer) {
  std::uint8_t modes = 0;
  for (int i = 0; i < kModes; ++i)
    modes = static_cast<std::uint8_t>(modes | (options.*kFunnelModes[i].option) << i);
  writer->Put(static_cast<std::uint8_t>(options.steps));
  writer->Put(modes);
}

void Get(ByteReader* reader, FunnelOptions* options) {
  options->steps = reader->Get<std::uint8_t>();
  const std::uint8_t modes = reader->Get<std::uint8_t>();
  if (options->steps < 1 || options->steps > kMaxSteps || modes >> kModes) ThrowCorruptState();
  for (int i = 0; i < kModes; ++i) options->*kFunnelModes[i].option = (modes >> i) & 1;
}

// Options of attempts: steps u8, order u8, per_step u8, optional u32, exclusions u8, the steps around each u8
// u8.
std::size_t SizeOf(const AttemptOptions& options) {
  return 8 + 2 * static_cast<std::size_t>(options.exclusions);
}

void Put(const AttemptOptions& options, ByteWriter* writer) {
  writer->Put(static_cast<std::uint8_t>(options.steps));
  writer->Put(static_cast<std::uint8_t>(options.order));
  writer->Put(static_cast<std::uint8_t>(options.per_step));
  writer->Put(options.optional);
  writer->Put(static_cast<std::uint8_t>(options.exclusions));
  for (int i = 0; i < options.exclusions; ++i) {
    writer->Put(options.excluded[i].after);
    writer->Put(options.excluded[i].before);
  }
}

void Get(ByteReader* reader, AttemptOptions* options) {
  options->steps = reader->Get<std::uint8_t>();
  const std::uint8_t order = reader->Get<std::uint8_t>();
  const std::uint8_t per_step = reader->Get<std::uint8_t>();
  options->optional = reader->Get<StepMask>();
  options->exclusions = reader->Get<std::uint8_t>();
  if (options->steps < 1 || options->steps > kMaxSteps || order > static_cast<int>(StepOrder::kAny) ||
      per_step > 1 || options->exclusions > kMaxSteps)
    ThrowCorruptState();
  options->order = static_cast<StepOrder>(order);
  options->per_step = per_step == 1;
  for (int i = 0; i < options->exclusions; ++i) {
    options->excluded[i].after = reader->Get<std::uint8_t>();
    options->excluded[i].before = reader->Get<std::uint8_t>();
  }
  if (options->Problem()) ThrowCorruptState();
}

template <class Options>
FunnelParametersOf<Options> ReadHeader(ByteReader* reader) {
  FunnelParametersOf<Options> parameters;
  if (reader->Get<std::uint8_t>() != kVersion) ThrowCorruptState();
  Get(reader, &parameters.options);
  parameters.window_months = reader->Get<std::int32_t>();
  parameters.window_days = reader->Get<std::int32_t>();
  parameters.window_micros = reader->Get<Micros>();
  if (parameters.window_months < 0 || parameters.window_days < 0 || parameters.window_micros < 0)
    ThrowCorruptState();
  return parameters;
}

}  // namespace

template <class Options>
void FunnelStateOf<Options>::Merge(const FunnelStateOf& other) {
  if (!(*parameters_ == *other.parameters_)) {
    throw Error(ErrorCode::kInvalidParameter, "cannot combine funnels of different windows, modes or steps");
  }
  list_.Append(other.list_);
}

template <class Options>
std::size_t FunnelStateOf<Options>::SerializedSize() const {
  return sizeof(kVersion) + SizeOf(parameters_->options) + 4 + 4 + 8 + list_.SerializedSize();
}

template <class Options>
void FunnelStateOf<Options>::Serialize(std::span<std::uint8_t> bytes) const {
  ByteWriter writer(bytes);
  writer.Put(kVersion);
  Put(parameters_->options, &writer);
  writer.Put(parameters_->window_months);
  writer.Put(parameters_->window_days);
  writer.Put(parameters_->window_micros);
  list_.Serialize(&writer);
}

template <class Options>
FunnelParametersOf<Options> FunnelStateOf<Options>::ReadParameters(std::span<const std::uint8_t> bytes) {
  ByteReader reader(bytes);
  return ReadHeader<Options>(&reader);
}

template <class Options>
void FunnelStateOf<Options>::ReadRows(std::span<const std::uint8_t> bytes) {
  ByteReader reader(bytes);
  ReadHeader<Options>(&reader);
  list_.Read(&reader, parameters_->options.conditions());
}

template class FunnelStateOf<FunnelOptions>;
template class FunnelStateOf<AttemptOptions>;

}  // namespace productgraph::core
