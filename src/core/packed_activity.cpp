#include "src/core/packed_activity.hpp"

#include <algorithm>

namespace productgraph::core {
namespace {

constexpr std::int32_t kShort = 7;
constexpr std::int32_t kLong = 30;

bool IsEarlier(const PeriodStart& a, const PeriodStart& b) {
  return a.number < b.number;
}

}  // namespace

PackedActivity::PackedActivity(ByteReader spec, const QuestionContext& context)
    : spec_(spec.Get<PackedActivitySpec>()),
      starts_(ReadPeriods(&spec, context.memory)),
      cursor_(starts_),
      splitter_(context.repeated, context.memory),
      periods_(cursor_.size() + kLong, PeriodActivity{}, context.memory),
      actors_(context.memory),
      found_(context.memory) {}

void PackedActivity::Visit(const ActorRows& actor) {
  if (spec_.by_session) return splitter_.Split(actor, this);
  FindPeriods(actor.rows);
  CountPeriods();
}

void PackedActivity::VisitSession(const SessionRows& session) {
  FindPeriods(session.rows);
  CountPeriods();
}

template <class Row>
void PackedActivity::FindPeriods(std::span<const Row> rows) {
  found_.clear();
  bool ascending = true;
  Micros end = kMinusInfinity;
  for (const Row& row : rows) {
    if (row.ts < end) continue;
    const PeriodStart& start = cursor_.Find(row.ts);
    end = cursor_.end();
    if (!found_.empty() && start.number <= found_.back().number) ascending = false;
    found_.push_back(start);
  }
  if (ascending) return;
  // Clocks were put back.
  std::sort(found_.begin(), found_.end(), IsEarlier);
  const auto same = [](const PeriodStart& a, const PeriodStart& b) { return a.number == b.number; };
  found_.erase(std::unique(found_.begin(), found_.end(), same), found_.end());
}

void PackedActivity::CountPeriods() {
  if (actors_.size() <= found_.size()) actors_.resize(found_.size() + 1);
  ++actors_[found_.size()];
  for (std::size_t i = 0; i < found_.size(); ++i) {
    const PeriodStart& start = found_[i];
    const std::size_t at = cursor_.IndexOf(start.number);
    PeriodActivity& period = periods_[at];
    const bool is_first = i == 0;
    const bool follows = !is_first && found_[i - 1].number == start.number - 1;
    ++period.active;
    period.fresh += is_first;
    period.returning += follows;
    period.resurrecting += !is_first && !follows;
    period.joining += is_first || found_[i - 1].group != start.group;
    const bool is_last = i + 1 == found_.size();
    // An activity is of the last days until its next one, or until it is too long ago.
    const std::int32_t gap = is_last ? kLong : std::min(kLong, found_[i + 1].number - start.number);
    period.leaving += gap > 1;
    ++periods_[at + static_cast<std::size_t>(std::min(kShort, gap))].out_of_7;
    ++periods_[at + static_cast<std::size_t>(gap)].out_of_30;
  }
}

void PackedActivity::WritePartial(std::pmr::vector<std::uint8_t>* bytes) const {
  splitter_.Write(bytes);
  for (const PeriodActivity& period : periods_) AppendValue(period, bytes);
  for (const std::uint64_t actors : actors_) AppendValue(actors, bytes);
}

void PackedActivity::AddPartial(std::span<const std::uint8_t> bytes) {
  ByteReader reader(bytes);
  splitter_.Read(&reader);
  for (PeriodActivity& ours : periods_) {
    const auto theirs = reader.Get<PeriodActivity>();
    ours.active += theirs.active;
    ours.fresh += theirs.fresh;
    ours.returning += theirs.returning;
    ours.resurrecting += theirs.resurrecting;
    ours.leaving += theirs.leaving;
    ours.joining += theirs.joining;
    ours.out_of_7 += theirs.out_of_7;
    ours.out_of_30 += theirs.out_of_30;
  }
  for (std::size_t i = 0; reader.left() > 0; ++i) {
    if (actors_.size() <= i) actors_.push_back(0);
    actors_[i] += reader.Get<std::uint64_t>();
  }
}

}  // namespace productgraph::core
