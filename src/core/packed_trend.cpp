#include "src/core/packed_trend.hpp"

#include <algorithm>

namespace productgraph::core {
namespace {

std::size_t LabelsOf(std::span<const EventMeaning> meanings) {
  std::uint32_t greatest = 0;
  for (const EventMeaning& meaning : meanings) greatest = std::max(greatest, meaning.label);
  return std::size_t{greatest} + 1;
}

}  // namespace

PackedTrend::PackedTrend(ByteReader spec, const QuestionContext& context)
    : spec_(spec.Get<PackedTrendSpec>()),
      context_(context),
      starts_(ReadPeriods(&spec, context.memory)),
      cursor_(starts_),
      splitter_(context.repeated, context.memory),
      labels_(LabelsOf(context.meanings)),
      counts_(context.memory),
      seen_(context.memory) {
  if (cursor_.size() > kMostCounts / labels_) return;
  counts_.resize(cursor_.size() * labels_);
  if (spec_.unique) seen_.resize(counts_.size());
}

void PackedTrend::Visit(const ActorRows& actor) {
  if (too_many()) return;
  if (!spec_.unique) return CountEvents(actor.rows);
  if (spec_.by_session) return splitter_.Split(actor, this);
  CountActor(actor.rows);
}

void PackedTrend::VisitSession(const SessionRows& session) {
  CountActor(session.rows);
}

template <class Row>
void PackedTrend::CountEvents(std::span<const Row> rows) {
  Micros end = kMinusInfinity;
  std::uint64_t* counts = nullptr;
  for (const Row& row : rows) {
    if (row.ts >= end) {
      counts = counts_.data() + cursor_.IndexOf(cursor_.Find(row.ts).number) * labels_;
      end = cursor_.end();
    }
    ++counts[context_.meanings[row.value].label];
  }
}

template <class Row>
void PackedTrend::CountActor(std::span<const Row> rows) {
  ++actor_;
  Micros end = kMinusInfinity;
  std::size_t period = 0;
  for (const Row& row : rows) {
    if (row.ts >= end) {
      period = cursor_.IndexOf(cursor_.Find(row.ts).number) * labels_;
      end = cursor_.end();
    }
    const std::size_t at = period + context_.meanings[row.value].label;
    counts_[at] += seen_[at] != actor_;
    seen_[at] = actor_;
  }
}

void PackedTrend::WritePartial(std::pmr::vector<std::uint8_t>* bytes) const {
  splitter_.Write(bytes);
  for (const std::uint64_t count : counts_) AppendValue(count, bytes);
}

void PackedTrend::AddPartial(std::span<const std::uint8_t> bytes) {
  ByteReader reader(bytes);
  splitter_.Read(&reader);
  for (std::uint64_t& count : counts_) count += reader.Get<std::uint64_t>();
  if (reader.left() != 0) ThrowCorruptState();
}

}  // namespace productgraph::core
