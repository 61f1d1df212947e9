#include "src/core/segment_scan.hpp"

#include <algorithm>
#include <cstring>

namespace productgraph::core {
namespace {

constexpr std::size_t kStopInterval = 256;  // actors between two looks at the stop token

}  // namespace

SegmentScan::SegmentScan(const ScanOptions& options, std::pmr::memory_resource* memory)
    : options_(options),
      memory_(memory),
      sources_(memory),
      parts_(memory),
      rows_(memory),
      sessions_(memory),
      session_numbers_(memory) {}

SegmentScan::Source::Source(std::span<const std::uint8_t> content, std::span<const std::uint8_t> sessions,
                            std::span<const EventValue> project_values, std::pmr::memory_resource* memory)
    : reader(content, sessions, memory), values(memory) {
  // Every number that the bytes can hold is there, so that none needs to be checked.
  values.assign(std::size_t{1} << (8 * reader.header().kind_bytes), kNoValue);
  for (std::size_t i = 0; i < reader.kinds().size(); ++i) {
    const std::uint16_t kind = reader.kinds()[i];
    if (kind < project_values.size()) values[i] = project_values[kind];
  }
}

void SegmentScan::Add(std::span<const std::uint8_t> content, std::span<const std::uint8_t> sessions,
                      std::span<const EventValue> values) {
  sources_.emplace_back(content, sessions, values, memory_);
}

void SegmentScan::Advance(Source* source) {
  do {
    source->has_actor = source->reader.Next();
    if (!source->has_actor) return;
    const std::uint32_t shard = ShardOf(source->reader.hash(), options_.shard_bits);
    if (shard == options_.shard) return;
    if (shard > options_.shard) source->has_actor = false;
  } while (source->has_actor);
}

// The sources that stand at the actor that is next; none when there is no more.
void SegmentScan::FindParts() {
  parts_.clear();
  for (Source& source : sources_) {
    if (!source.has_actor) continue;
    if (parts_.empty() || source.reader.IsBefore(parts_[0]->reader)) {
      parts_.assign(1, &source);
    } else if (source.reader.IsSameActor(parts_[0]->reader)) {
      parts_.push_back(&source);
    }
  }
}

// All conditions that the actor's events meet.
StepMask SegmentScan::Conditions() const {
  StepMask all = 0;
  for (const Source* source : parts_) {
    const SegmentReader& reader = source->reader;
    const std::uint32_t first = reader.runs()[0].first_event;
    for (std::uint32_t i = 0; i < reader.events(); ++i) {
      const EventValue value = source->values[reader.LocalKind(first + i)];
      if (value != kNoValue) all |= options_.masks[value];
    }
  }
  return all;
}

void SegmentScan::NumberSessions(const SegmentReader& reader) {
  session_numbers_.clear();
  for (std::uint32_t i = 0; i < reader.sessions(); ++i) {
    const SessionId& id = reader.session(i);
    // One that goes on in another segment is most likely among the last.
    const auto known = std::find(sessions_.rbegin(), sessions_.rend(), id);
    session_numbers_.push_back(static_cast<std::uint32_t>(
        known == sessions_.rend() ? sessions_.size() : static_cast<std::size_t>(sessions_.rend() - known) - 1));
    if (known == sessions_.rend()) sessions_.push_back(id);
  }
}

template <class Kind>
void SegmentScan::GatherRuns(const Source& source) {
  const SegmentReader& reader = source.reader;
  const EventValue* const values = source.values.data();
  ScanRow* row = rows_.data() + row_count_;
  for (const SegmentRun& run : reader.runs()) {
    const std::uint8_t* const kinds = reader.event_kinds() + sizeof(Kind) * run.first_event;
    const std::uint32_t session = options_.sessions ? session_numbers_[run.session] : 0;
    std::uint64_t ts = static_cast<std::uint64_t>(run.first);
    for (std::uint32_t i = 0; i < run.events; ++i) {
      if (i > 0) ts += reader.Delta(run, i - 1);
      Kind kind;
      std::memcpy(&kind, kinds + sizeof(Kind) * i, sizeof(kind));
      const EventValue value = values[kind];
      const Micros at = static_cast<Micros>(ts);
      // Written always and counted when it matters, which saves a branch nobody could foresee.
      *row = {at, value, session};
      row += (value != kNoValue) & (at >= options_.from) & (at < options_.to);
    }
    reader.CheckLast(ts);
  }
  row_count_ = static_cast<std::size_t>(row - rows_.data());
}

void SegmentScan::Gather() {
  std::size_t most = 1;
  for (const Source* source : parts_) most += source->reader.events();
  if (rows_.size() < most) rows_.resize(most);
  row_count_ = 0;
  ambiguous_ = false;
  sessions_.clear();
  for (const Source* source : parts_) {
    const std::size_t begin = row_count_;
    ambiguous_ |= (source->reader.header().flags & kAmbiguousTies) != 0;
    if (options_.sessions) NumberSessions(source->reader);
    if (source->reader.header().kind_bytes == 1)
      GatherRuns<std::uint8_t>(*source);
    else
      GatherRuns<std::uint16_t>(*source);
    if (begin > 0 && row_count_ > begin && rows_[begin].ts <= rows_[begin - 1].ts) MergePart(begin);
  }
}

// Merges the rows from `begin` on, those of one part, into those before them.
void SegmentScan::MergePart(std::size_t begin) {
  if (merged_.size() < rows_.size()) merged_.resize(rows_.size());
  const ScanRow *a = rows_.data(), *b = a + begin;
  const ScanRow *const a_end = b, *const b_end = a + row_count_;
  for (ScanRow* to = merged_.data(); a != a_end || b != b_end;) {
    if (a != a_end && b != b_end && a->ts == b->ts) ambiguous_ = true;
    *to++ = b == b_end || (a != a_end && a->ts <= b->ts) ? *a++ : *b++;
  }
  rows_.swap(merged_);
}

void SegmentScan::Run(ActorVisitor* visitor, const StopToken& stop) {
  for (Source& source : sources_) Advance(&source);
  parts_.reserve(sources_.size());
  for (std::size_t actors = 0;; ++actors) {
    if (actors % kStopInterval == 0) stop.ThrowIfRequested();
    FindParts();
    if (parts_.empty()) return;
    if (options_.masks.empty() || (Conditions() & options_.required) == options_.required) {
      Gather();
      if (row_count_ > 0)
        visitor->Visit({parts_[0]->reader.name(), std::span(rows_).first(row_count_), sessions_, ambiguous_});
    }
    for (Source* source : parts_) Advance(source);
  }
}

}  // namespace productgraph::core
