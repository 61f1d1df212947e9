#include "src/core/sequence_matcher.hpp"

#include <algorithm>
#include <bit>

namespace productgraph::core {
namespace {

constexpr std::size_t kStopInterval = 4096;  // rows between two looks at the stop token

constexpr PositionMask Bit(std::size_t position) {
  return PositionMask{1} << position;
}

bool Accepts(const PatternEvent& event, const StepRow& row) {
  return event.any || ((row.mask >> event.condition) & 1);
}

bool Meets(const TimeCondition& condition, Micros earlier, Micros later) {
  // Distances are compared through sums, which saturate; infinite times lie at infinite distance of finite
  // ones.
  const Micros reached = AddMicros(earlier, condition.micros);
  switch (condition.op) {
    case TimeOperator::kLess:
      return later < reached;
    case TimeOperator::kLessOrEqual:
      return later <= reached;
    case TimeOperator::kEqual:
      return later == reached;
    case TimeOperator::kNotEqual:
      return later != reached;
    case TimeOperator::kGreaterOrEqual:
      return later >= reached;
    case TimeOperator::kGreater:
      return later > reached;
  }
  return false;
}

bool IsUpperBound(TimeOperator op) {
  return op == TimeOperator::kLess || op == TimeOperator::kLessOrEqual || op == TimeOperator::kEqual;
}

bool MeetsTimes(const PatternEvent& event, Micros earlier, Micros later) {
  return std::all_of(event.times.begin(), event.times.end(),
                     [&](const TimeCondition& condition) { return Meets(condition, earlier, later); });
}

// Whether the two are further apart than an upper bound of the link allows.
bool TooFarApart(const PatternEvent& event, Micros earlier, Micros later) {
  return std::any_of(event.times.begin(), event.times.end(), [&](const TimeCondition& condition) {
    return IsUpperBound(condition.op) && later > AddMicros(earlier, condition.micros);
  });
}

}  // namespace

// Times too far away are dropped. Of the rest the first one is the furthest away, so that it meets all lower
// bounds if any does; a strict bound or an inequality can spoil one time each, hence as many further
// candidates.
template <class TooFar, class Meets>
bool LinkTimes::Any(const PatternEvent& event, TooFar too_far, Meets meets) {
  while (first_ < list_.size() && too_far(list_[first_])) ++first_;
  const std::size_t end = std::min(list_.size(), first_ + event.times.size() + 1);
  return std::any_of(list_.begin() + static_cast<std::ptrdiff_t>(std::min(first_, end)),
                     list_.begin() + static_cast<std::ptrdiff_t>(end), meets);
}

bool LinkTimes::FollowsAny(const PatternEvent& event, Micros ts) {
  return Any(
      event, [&](Micros earlier) { return TooFarApart(event, earlier, ts); },
      [&](Micros earlier) { return MeetsTimes(event, earlier, ts); });
}

bool LinkTimes::PrecedesAny(const PatternEvent& event, Micros ts) {
  return Any(
      event, [&](Micros later) { return TooFarApart(event, ts, later); },
      [&](Micros later) { return MeetsTimes(event, ts, later); });
}

SequenceMatcher::SequenceMatcher(std::span<const PatternEvent> pattern, std::pmr::memory_resource* memory)
    : pattern_(pattern), times_(memory) {
  times_.reserve(pattern.size());
  for (std::size_t i = 0; i < pattern.size(); ++i) times_.emplace_back(memory);
}

void SequenceMatcher::Restart() {
  previous_ = ever_ = 0;
  for (LinkTimes& times : times_) times.Clear();
}

PositionMask SequenceMatcher::Next(const StepRow& row) {
  PositionMask reached = 0;
  for (std::size_t p = 0; p < pattern_.size(); ++p) {
    if (Accepts(pattern_[p], row) && Reachable(p, row.ts)) reached |= Bit(p);
  }
  for (std::size_t p = 0; p + 1 < pattern_.size(); ++p) {
    if ((reached & Bit(p)) && pattern_[p + 1].link == PatternEvent::Link::kTimed) times_[p].Add(row.ts);
  }
  previous_ = reached;
  ever_ |= reached;
  return reached;
}

bool SequenceMatcher::Reachable(std::size_t position, Micros ts) {
  if (position == 0) return true;
  const PatternEvent& event = pattern_[position];
  switch (event.link) {
    case PatternEvent::Link::kNext:
      return previous_ & Bit(position - 1);
    case PatternEvent::Link::kLater:
      return ever_ & Bit(position - 1);
    case PatternEvent::Link::kTimed:
      return times_[position - 1].FollowsAny(event, ts);
  }
  return false;
}

std::int64_t CountMatches(std::span<const PatternEvent> pattern, std::span<const StepRow> rows,
                          std::int64_t limit, const StopToken& stop, std::pmr::memory_resource* memory) {
  SequenceMatcher matcher(pattern, memory);
  std::int64_t count = 0;
  for (std::size_t i = 0; i < rows.size() && count < limit; ++i) {
    if (i % kStopInterval == 0) stop.ThrowIfRequested();
    if (!matcher.Complete(matcher.Next(rows[i]))) continue;
    ++count;
    matcher.Restart();
  }
  return count;
}

namespace {

// Takes back position p of the rows that cannot be followed by a row that keeps position p + 1: a sweep down
// from row `last` with the same rules as the matcher's sweep up.
void PrunePosition(std::span<const PatternEvent> pattern, std::span<const StepRow> rows,
                   std::span<PositionMask> reached, std::size_t p, LinkTimes* times) {
  const PatternEvent& next = pattern[p + 1];
  bool any_later = false;
  times->Clear();
  for (std::size_t i = rows.size(); i-- > 0;) {
    bool keep = false;
    switch (next.link) {
      case PatternEvent::Link::kNext:
        keep = i + 1 < rows.size() && (reached[i + 1] & Bit(p + 1));
        break;
      case PatternEvent::Link::kLater:
        keep = any_later;
        break;
      case PatternEvent::Link::kTimed:
        keep = times->PrecedesAny(next, rows[i].ts);
        break;
    }
    if (reached[i] & Bit(p + 1)) {
      any_later = true;
      times->Add(rows[i].ts);
    }
    if (!keep) reached[i] &= ~Bit(p);
  }
}

}  // namespace

std::pmr::vector<Micros> LongestMatch(std::span<const PatternEvent> pattern, std::span<const StepRow> rows,
                                      const StopToken& stop, std::pmr::memory_resource* memory) {
  std::pmr::vector<Micros> times(memory);
  std::pmr::vector<PositionMask> reached(memory);
  SequenceMatcher matcher(pattern, memory);
  int best = -1;
  std::size_t last = 0;
  for (std::size_t i = 0; i < rows.size() && best + 1 < static_cast<int>(pattern.size()); ++i) {
    if (i % kStopInterval == 0) stop.ThrowIfRequested();
    reached.push_back(matcher.Next(rows[i]));
    const int deepest = std::bit_width(reached.back()) - 1;
    if (deepest > best) {
      best = deepest;
      last = i;
    }
  }
  if (best < 0) return times;
  // From the end back: afterwards every position kept at a row is part of some way to the end.
  reached.resize(last + 1);
  reached[last] = Bit(static_cast<std::size_t>(best));
  LinkTimes link_times(memory);
  for (std::size_t p = static_cast<std::size_t>(best); p-- > 0;) {
    stop.ThrowIfRequested();
    PrunePosition(pattern, rows.first(last + 1), reached, p, &link_times);
  }
  // Every kept position leads to the end, so the earliest row that may follow is always right.
  std::size_t at = 0;
  for (std::size_t p = 0; p <= static_cast<std::size_t>(best); ++p) {
    const std::size_t previous = at;
    if (p > 0) ++at;
    const auto fits = [&](std::size_t i) {
      if (!(reached[i] & Bit(p))) return false;
      return p == 0 || pattern[p].link != PatternEvent::Link::kTimed ||
             MeetsTimes(pattern[p], rows[previous].ts, rows[i].ts);
    };
    while (!fits(at)) ++at;
    if (!pattern[p].any) times.push_back(rows[at].ts);
  }
  return times;
}

}  // namespace productgraph::core
