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
      places_(memory),
      parts_(memory),
      rows_(memory),
      merged_(memory),
      sessions_(memory),
      session_numbers_(memory) {}

SegmentScan::Source::Source(std::span<const std::uint8_t> content, std::span<const std::uint8_t> sessions,
                            std::span<const EventValue> project_values, const ScanOptions& options,
                            std::pmr::memory_resource* memory)
    : reader(content, sessions, memory), values(memory), conditions(memory) {
  // Every number that the bytes can hold is there, so that none needs to be checked.
  values.assign(std::size_t{1} << (8 * reader.header().kind_bytes), kNoValue);
  for (std::size_t i = 0; i < reader.kinds().size(); ++i) {
    const std::uint16_t kind = reader.kinds()[i];
    if (kind < project_values.size()) values[i] = project_values[kind];
  }
  if (options.required == 0) return;
  conditions.assign(values.size(), 0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] != kNoValue) conditions[i] = options.meanings[values[i]].mask;
  }
}

void SegmentScan::Add(std::span<const std::uint8_t> content, std::span<const std::uint8_t> sessions,
                      std::span<const EventValue> values) {
  sources_.emplace_back(content, sessions, values, options_, memory_);
}

// Moves to the next actor of the shard; false when there is none.
bool SegmentScan::Advance(std::size_t source) {
  SegmentReader& reader = sources_[source].reader;
  reading_ = source;
  while (reader.Next()) {
    const std::uint32_t shard = ShardOf(reader.hash(), options_.shard_bits);
    if (shard >= options_.shard) return shard == options_.shard;
  }
  return false;
}

// The sources that stand at the actor that is next; none when there is no more.
void SegmentScan::FindParts() {
  parts_.clear();
  std::uint64_t least = ~std::uint64_t{0};
  for (const Place& place : places_) least = std::min(least, place.hash);
  for (const Place& place : places_) {
    if (place.hash != least) continue;
    const SegmentReader& reader = sources_[place.source].reader;
    if (parts_.empty() || reader.IsBefore(sources_[parts_[0]].reader)) {
      parts_.assign(1, place.source);
    } else if (reader.IsSameActor(sources_[parts_[0]].reader)) {
      parts_.push_back(place.source);
    }
  }
}

void SegmentScan::AdvanceParts() {
  auto place = places_.begin();
  for (const std::size_t part : parts_) {
    while (place->source != part) ++place;
    if (Advance(part))
      place->hash = sources_[part].reader.hash();
    else
      place = places_.erase(place);
  }
}

// Whether all that is required is among `conditions` when those that the events of a part meet are added.
template <class Kind>
bool SegmentScan::Meets(const Source& source, StepMask* conditions) const {
  constexpr std::uint32_t kAtOnce = 8;  // events between two looks at what they meet
  const StepMask* const of_kinds = source.conditions.data();
  const std::uint8_t* kinds =
      source.reader.event_kinds() + sizeof(Kind) * source.reader.runs()[0].first_event;
  StepMask all = *conditions;
  for (std::uint32_t left = source.reader.events(); left > 0;) {
    const std::uint32_t count = std::min(left, kAtOnce);
    for (std::uint32_t i = 0; i < count; ++i, kinds += sizeof(Kind)) {
      Kind kind;
      std::memcpy(&kind, kinds, sizeof(kind));
      all |= of_kinds[kind];
    }
    if ((all & options_.required) == options_.required) return true;
    left -= count;
  }
  *conditions = all;
  return false;
}

bool SegmentScan::MayMatter() const {
  if (options_.required == 0) return true;
  StepMask conditions = 0;
  for (const std::size_t part : parts_) {
    const Source& source = sources_[part];
    if (source.reader.header().kind_bytes == 1 ? Meets<std::uint8_t>(source, &conditions)
                                               : Meets<std::uint16_t>(source, &conditions))
      return true;
  }
  return false;
}

void SegmentScan::NumberSessions(const SegmentReader& reader) {
  session_numbers_.clear();
  for (std::uint32_t i = 0; i < reader.sessions(); ++i) {
    const SessionId& id = reader.session(i);
    auto known = sessions_.rend();
    // One that goes on from another segment is most likely among the last.
    if (options_.repeated.MayHave(id)) known = std::find(sessions_.rbegin(), sessions_.rend(), id);
    const bool is_new = known == sessions_.rend();
    session_numbers_.push_back(
        static_cast<std::uint32_t>(is_new ? sessions_.size() : sessions_.rend() - known - 1));
    if (is_new) sessions_.push_back(id);
  }
}

// Rows are written always and counted when they matter, which saves a branch that cannot be foreseen.
template <class Kind, bool kClips>
void SegmentScan::GatherRuns(const Source& source) {
  const SegmentReader& reader = source.reader;
  const EventValue* const values = source.values.data();
  const std::uint64_t from = static_cast<std::uint64_t>(options_.from);
  const std::uint64_t length = static_cast<std::uint64_t>(options_.to) - from;
  ScanRow* row = rows_.data() + row_count_;
  for (const SegmentRun& run : reader.runs()) {
    const std::uint8_t* kinds = reader.event_kinds() + sizeof(Kind) * run.first_event;
    const std::uint32_t session = options_.sessions ? session_numbers_[run.session] : 0;
    std::uint64_t ts = static_cast<std::uint64_t>(run.first);
    SegmentReader::Deltas deltas(reader, run);
    for (std::uint32_t left = run.events;;) {
      Kind kind;
      std::memcpy(&kind, kinds, sizeof(kind));
      const EventValue value = values[kind];
      row->ts = static_cast<Micros>(ts);
      row->value = value;
      row->session = session;
      bool matters = value != kNoValue;
      if (kClips) matters &= ts - from < length;
      row += matters;
      if (--left == 0) break;
      kinds += sizeof(Kind);
      ts += deltas.Next();
    }
    reader.CheckLast(ts);
  }
  row_count_ = static_cast<std::size_t>(row - rows_.data());
}

void SegmentScan::GatherPart(const Source& source) {
  const SegmentHeader& header = source.reader.header();
  const bool clips = header.first_time < options_.from || header.last_time >= options_.to;
  if (header.kind_bytes == 1)
    clips ? GatherRuns<std::uint8_t, true>(source) : GatherRuns<std::uint8_t, false>(source);
  else
    clips ? GatherRuns<std::uint16_t, true>(source) : GatherRuns<std::uint16_t, false>(source);
}

void SegmentScan::Gather() {
  std::size_t most = 1;
  for (const std::size_t part : parts_) most += sources_[part].reader.events();
  if (rows_.size() < most) rows_.resize(most);
  row_count_ = 0;
  ambiguous_ = false;
  sessions_.clear();
  for (const std::size_t part : parts_) {
    reading_ = part;
    const Source& source = sources_[part];
    const std::size_t begin = row_count_;
    ambiguous_ |= (source.reader.header().flags & kAmbiguousTies) != 0;
    if (options_.sessions) NumberSessions(source.reader);
    GatherPart(source);
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
  parts_.reserve(sources_.size());
  places_.reserve(sources_.size());
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    if (Advance(i)) places_.push_back({sources_[i].reader.hash(), i});
  }
  for (std::size_t actors = 0; !places_.empty(); ++actors) {
    if (actors % kStopInterval == 0) stop.ThrowIfRequested();
    FindParts();
    if (MayMatter()) {
      Gather();
      if (row_count_ > 0)
        visitor->Visit(
            {sources_[parts_[0]].reader.name(), std::span(rows_).first(row_count_), sessions_, ambiguous_});
    }
    AdvanceParts();
  }
}

}  // namespace productgraph::core
