#include "src/core/packed_retention.hpp"

#include <algorithm>
#include <limits>

namespace productgraph::core {
namespace {

constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();
constexpr std::int32_t kNoBracket = -1;

std::pmr::vector<std::int32_t> ReadBrackets(ByteReader* reader, std::int32_t count,
                                            std::pmr::memory_resource* memory) {
  std::pmr::vector<std::int32_t> brackets(memory);
  for (std::int32_t i = 0; i < count; ++i) brackets.push_back(reader->Get<std::int32_t>());
  return brackets;
}

// The first of the rows at the time of one of them.
template <class Row>
std::size_t FirstOfTie(std::span<const Row> rows, std::size_t row) {
  while (row > 0 && rows[row - 1].ts == rows[row].ts) --row;
  return row;
}

}  // namespace

PackedRetention::PackedRetention(ByteReader spec, const QuestionContext& context)
    : spec_(spec.Get<PackedRetentionSpec>()),
      context_(context),
      brackets_(ReadBrackets(&spec, spec_.brackets, context.memory)),
      bracket_of_(context.memory),
      starts_(ReadPeriods(&spec, context.memory)),
      cursor_(starts_),
      splitter_(context.repeated, context.memory),
      masks_(context.memory),
      cohorts_(context.memory),
      cohort_numbers_(context.memory),
      returned_(context.memory),
      return_periods_(context.memory),
      started_(cursor_.size(), 0, context.memory),
      counted_(brackets_.size(), 0, context.memory) {
  for (const EventMeaning& meaning : context.meanings) masks_.push_back(meaning.mask);
  for (std::int32_t period = 0, bracket = kNoBracket; period < spec_.periods; ++period) {
    if (bracket + 1 < spec_.brackets && brackets_[static_cast<std::size_t>(bracket + 1)] == period) ++bracket;
    bracket_of_.push_back(bracket);
  }
}

PackedRetention::Cohort& PackedRetention::CohortOf(std::int32_t number, std::uint32_t label) {
  const std::uint64_t key = std::uint64_t{label} << 32 | static_cast<std::uint32_t>(number);
  const auto [known, is_new] = cohort_numbers_.emplace(key, cohorts_.size());
  if (is_new) {
    cohorts_.push_back({number, label, 0, returned_.size()});
    returned_.resize(returned_.size() + brackets_.size());
  }
  return cohorts_[known->second];
}

void PackedRetention::Visit(const ActorRows& actor) {
  if (spec_.by_session) return splitter_.Split(actor, this);
  VisitRows(actor.rows, actor.ambiguous_ties);
}

void PackedRetention::VisitSession(const SessionRows& session) {
  VisitRows(session.rows, session.ambiguous_ties);
}

template <class Row>
void PackedRetention::VisitRows(std::span<const Row> rows, bool ambiguous_ties) {
  ++visit_;
  return_periods_.clear();
  first_return_ = 0;
  if (spec_.recurring && spec_.length == 0) FindReturnPeriods(rows, kNoLimit);
  Micros period_end = kMinusInfinity;
  for (std::size_t i = 0; i < rows.size() && rows[i].ts < spec_.until; ++i) {
    const Micros ts = rows[i].ts;
    if (ts < period_end || !(masks_[rows[i].value] & kStart)) continue;
    if (ts < spec_.since) {
      if (spec_.recurring) continue;
      return;
    }
    const std::int32_t number = cursor_.Find(ts).number;
    period_end = cursor_.end();
    if (started_[cursor_.IndexOf(number)] == visit_) continue;
    started_[cursor_.IndexOf(number)] = visit_;
    AddStart(rows, i, number, ambiguous_ties);
    if (!spec_.recurring) return;
  }
}

template <class Row>
std::uint32_t PackedRetention::LabelOf(std::span<const Row> rows, std::size_t start, bool ambiguous_ties) {
  if (!spec_.breakdown) return 0;
  const std::uint32_t label = context_.meanings[rows[start].value].label;
  if (ambiguous_ties) {
    for (std::size_t i = start + 1; i < rows.size() && rows[i].ts == rows[start].ts; ++i) {
      const EventMeaning& meaning = context_.meanings[rows[i].value];
      if ((meaning.mask & kStart) != 0 && meaning.label != label) ambiguous_ = true;
    }
  }
  return label;
}

template <class Row>
void PackedRetention::AddStart(std::span<const Row> rows, std::size_t start, std::int32_t number,
                               bool ambiguous_ties) {
  ++start_;
  Cohort& cohort = CohortOf(number, LabelOf(rows, start, ambiguous_ties));
  ++cohort.size;
  std::uint64_t* const returned = returned_.data() + cohort.first;
  const std::size_t first = FirstOfTie(rows, start);
  if (spec_.length != 0) return AddRollingReturns(rows, first, returned);
  if (!spec_.recurring) {
    FindReturnPeriods(rows.subspan(first), spec_.unbounded ? kNoLimit : std::int64_t{number} + spec_.periods);
  }
  AddCalendarReturns(rows[start].ts, number, returned);
}

// Those of periods up to a number, and of some more.
template <class Row>
void PackedRetention::FindReturnPeriods(std::span<const Row> rows, std::int64_t last_number) {
  Micros end = kMinusInfinity;
  for (const Row& row : rows) {
    if (!(masks_[row.value] & kReturn)) continue;
    if (row.ts >= end) {
      const std::int32_t number = cursor_.Find(row.ts).number;
      if (number > last_number) break;
      end = cursor_.end();
      return_periods_.push_back({number, number, row.ts});
    }
    return_periods_.back().last = row.ts;
  }
  if (!spec_.unbounded) return;
  for (std::size_t i = return_periods_.size(); i-- > 1;)
    return_periods_[i - 1].greatest = std::max(return_periods_[i - 1].greatest, return_periods_[i].greatest);
}

void PackedRetention::AddCalendarReturns(Micros started_at, std::int32_t number, std::uint64_t* returned) {
  // Starts come in the order of time.
  while (first_return_ < return_periods_.size() && return_periods_[first_return_].last < started_at)
    ++first_return_;
  for (std::size_t i = first_return_; i < return_periods_.size(); ++i) {
    const ReturnPeriod& period = return_periods_[i];
    if (spec_.unbounded) return AddReturn(std::int64_t{period.greatest} - number, returned);
    const std::int64_t away = std::int64_t{period.number} - number;
    // Behind the period after the last the clocks do not go back to the last.
    if (away > spec_.periods) return;
    AddReturn(away, returned);
  }
}

// `first` is the first row at the time of the start.
template <class Row>
void PackedRetention::AddRollingReturns(std::span<const Row> rows, std::size_t first,
                                        std::uint64_t* returned) {
  const Micros started_at = rows[first].ts;
  if (spec_.unbounded) {
    std::size_t last = rows.size();
    while (last > first && !(masks_[rows[last - 1].value] & kReturn)) --last;
    if (last > first) AddReturn((rows[last - 1].ts - started_at) / spec_.length, returned);
    return;
  }
  const Micros horizon = started_at + spec_.length * spec_.periods;
  Micros end = kMinusInfinity;
  for (std::size_t i = first; i < rows.size() && rows[i].ts < horizon; ++i) {
    if (rows[i].ts < end || !(masks_[rows[i].value] & kReturn)) continue;
    const std::int64_t away = (rows[i].ts - started_at) / spec_.length;
    end = started_at + (away + 1) * spec_.length;
    AddReturn(away, returned);
  }
}

// Counts a start once for each bracket. Of an unbounded question there is one return, the last.
void PackedRetention::AddReturn(std::int64_t away, std::uint64_t* returned) {
  if (away < 0 || (away >= spec_.periods && !spec_.unbounded)) return;
  const std::int32_t bracket =
      bracket_of_[static_cast<std::size_t>(std::min<std::int64_t>(away, spec_.periods - 1))];
  if (bracket == kNoBracket) return;
  const auto place = static_cast<std::size_t>(bracket);
  if (counted_[place] == start_) return;
  counted_[place] = start_;
  ++returned[place];
}

void PackedRetention::Finish() {
  splitter_.Finish(this);
  if (!spec_.unbounded) return;
  for (const Cohort& cohort : cohorts_) {
    for (std::size_t i = brackets_.size(); i-- > 1;)
      returned_[cohort.first + i - 1] += returned_[cohort.first + i];
  }
}

void PackedRetention::WritePartial(std::pmr::vector<std::uint8_t>* bytes) const {
  splitter_.Write(bytes);
  AppendValue(ambiguous_, bytes);
  for (const Cohort& cohort : cohorts_) {
    AppendValue(cohort, bytes);
    for (std::size_t i = 0; i < brackets_.size(); ++i) AppendValue(returned_[cohort.first + i], bytes);
  }
}

void PackedRetention::AddPartial(std::span<const std::uint8_t> bytes) {
  ByteReader reader(bytes);
  splitter_.Read(&reader);
  ambiguous_ |= reader.Get<bool>();
  while (reader.left() > 0) {
    const auto theirs = reader.Get<Cohort>();
    Cohort& ours = CohortOf(theirs.number, theirs.label);
    ours.size += theirs.size;
    for (std::size_t i = 0; i < brackets_.size(); ++i)
      returned_[ours.first + i] += reader.Get<std::uint64_t>();
  }
}

}  // namespace productgraph::core
