#include "src/core/packed_attempts.hpp"

#include <algorithm>

namespace productgraph::core {
namespace {

// Of attempts that are equal in all that counts, the one whose first different step is earlier, a step left
// out being later than any.
bool TakesStepsEarlier(const FunnelChain& a, const FunnelChain& b) {
  for (int step = 0; step < a.depth; ++step) {
    const Micros left = a.skipped >> step & 1 ? kInfinity : a.times[step];
    const Micros right = b.skipped >> step & 1 ? kInfinity : b.times[step];
    if (left != right) return left < right;
  }
  return false;
}

}  // namespace

PackedAttempts::PackedAttempts(const PackedAttemptsSpec& spec, const QuestionContext& context,
                               std::span<const Micros> periods)
    : spec_(spec),
      context_(context),
      periods_(periods),
      masks_(context.memory),
      is_simple_(spec.options.is_simple() && !spec.total && !spec.in_session && !spec.hold &&
                 !spec.breakdown),
      simple_chain_(spec.options.steps),
      splitter_(context.repeated, context.memory),
      rows_(context.memory),
      labels_(context.memory),
      sorted_(context.memory),
      deadlines_(context.memory),
      scan_rows_(context.memory),
      grouped_(context.memory),
      begin_before_(spec.begin_before) {
  const StepMask steps = FirstSteps(spec.options.steps);
  for (const EventMeaning& meaning : context.meanings) {
    const bool begins = spec.options.order == StepOrder::kAny && (meaning.mask & steps) != 0;
    masks_.push_back(begins ? meaning.mask | spec.options.beginning() : meaning.mask);
  }
}

StepMask PackedAttempts::MaskOf(EventValue value, Micros ts) const {
  return ts >= begin_from_ && ts < begin_before_ ? masks_[value] : masks_[value] & ~spec_.options.beginning();
}

void PackedAttempts::Visit(const ActorRows& actor) {
  if (spec_.by_session) return splitter_.Split(actor, this);
  VisitScanRows(actor.name, actor.rows);
}

void PackedAttempts::VisitSession(const SessionRows& session) {
  if (!spec_.hold && periods_.empty()) {
    if (VisitSimply({}, session.rows)) return;
    VisitRows({}, session.rows);
    return TakeBest({});
  }
  scan_rows_.clear();
  for (const SessionRow& row : session.rows) scan_rows_.push_back({row.ts, row.value, 0});
  VisitScanRows({}, scan_rows_);
}

void PackedAttempts::VisitScanRows(std::string_view actor, std::span<const ScanRow> rows) {
  if (!periods_.empty() && !spec_.total) return VisitPeriods(actor, rows);
  VisitPeriod(actor, rows);
}

void PackedAttempts::VisitPeriod(std::string_view actor, std::span<const ScanRow> rows) {
  if (VisitSimply(actor, rows)) return;
  VisitGroups(actor, rows);
  TakeBest(actor);
}

// False, and nothing taken, when the general way must be gone.
template <class Row>
bool PackedAttempts::VisitSimply(std::string_view actor, std::span<const Row> rows) {
  if (!is_simple_) return false;
  CalendarWindow* const calendar = context_.calendar_window;
  const StepMask* const masks = masks_.data();
  const Micros begin_from = begin_from_, begin_before = begin_before_;
  simple_chain_.Reset();
  for (const Row& row : rows) {
    if (simple_chain_.IsSettled(row.ts)) break;
    StepMask mask = masks[row.value];
    Micros deadline = row.ts + context_.window;
    if (mask & 1) {
      if (row.ts >= begin_before || row.ts < begin_from) mask &= ~StepMask{1};
      if (calendar) deadline = calendar->End(row.ts);
    }
    if (!simple_chain_.Take(row.ts, mask, deadline)) return false;
  }
  if (simple_chain_.depth() > 0) Take(actor, simple_chain_.times(), simple_chain_.depth(), 0, 0);
  return true;
}

bool PackedAttempts::MayBegin(const ScanRow& row) const {
  return row.ts < spec_.begin_before && (masks_[row.value] & spec_.options.beginning()) != 0;
}

// No attempt that begins at the time has rows later than that.
Micros PackedAttempts::LastDeadline(Micros begin) const {
  int windows = spec_.options.per_step ? spec_.options.steps - 1 : 1;
  if (context_.calendar_window) return windows == 1 ? context_.calendar_window->End(begin) : kInfinity;
  for (; windows > 0; --windows) begin = AddMicros(begin, context_.window);
  return begin;
}

void PackedAttempts::VisitPeriods(std::string_view actor, std::span<const ScanRow> rows) {
  for (std::size_t first = 0, next = 0; first < rows.size(); first = next) {
    if (!MayBegin(rows[first])) {
      next = first + 1;
      continue;
    }
    const auto end = std::upper_bound(periods_.begin(), periods_.end(), rows[first].ts);
    begin_from_ = end == periods_.begin() ? kMinusInfinity : end[-1];
    begin_before_ = end == periods_.end() ? spec_.begin_before : std::min(*end, spec_.begin_before);
    Micros deadline = kMinusInfinity;
    for (next = first; next < rows.size() && rows[next].ts < begin_before_; ++next) {
      if (MayBegin(rows[next])) deadline = std::max(deadline, LastDeadline(rows[next].ts));
    }
    std::size_t last = next;
    while (last < rows.size() && rows[last].ts <= deadline) ++last;
    // Rows of one time may come in any order.
    std::size_t begin = first;
    while (begin > 0 && rows[begin - 1].ts == rows[first].ts) --begin;
    VisitPeriod(actor, rows.subspan(begin, last - begin));
  }
}

void PackedAttempts::TakeBest(std::string_view actor) {
  if (best_.depth > 0) Take(actor, best_.times.data(), best_.depth, best_.skipped, best_label_);
  best_.depth = 0;
}

template <class Row>
void PackedAttempts::VisitRows(std::string_view actor, std::span<const Row> rows) {
  rows_.resize(rows.size());
  StepRow* to = rows_.data();
  for (const Row& row : rows) *to++ = {row.ts, MaskOf(row.value, row.ts)};
  labels_.clear();
  if (spec_.breakdown) {
    for (const Row& row : rows) labels_.push_back(context_.meanings[row.value].label);
  }
  AddAttempts(actor, rows_, labels_);
}

void PackedAttempts::VisitGroups(std::string_view actor, std::span<const ScanRow> rows) {
  if (!spec_.in_session && !spec_.hold) return VisitRows(actor, rows);
  grouped_.clear();
  for (const ScanRow& row : rows) {
    const EventMeaning& meaning = context_.meanings[row.value];
    if (spec_.hold && meaning.label == 0) continue;  // no value to hold
    const std::uint64_t session = spec_.in_session ? std::uint64_t{row.session} << 32 : 0;
    grouped_.push_back(
        {session | (spec_.hold ? meaning.label : 0), {row.ts, MaskOf(row.value, row.ts)}, meaning.label});
  }
  std::stable_sort(grouped_.begin(), grouped_.end(),
                   [](const GroupedRow& a, const GroupedRow& b) { return a.group < b.group; });
  for (std::size_t begin = 0, end = 0; begin < grouped_.size(); begin = end) {
    rows_.clear();
    labels_.clear();
    for (; end < grouped_.size() && grouped_[end].group == grouped_[begin].group; ++end) {
      rows_.push_back(grouped_[end].row);
      labels_.push_back(grouped_[end].label);
    }
    AddAttempts(actor, rows_, labels_);
  }
}

FunnelWindow PackedAttempts::WindowOf(std::span<const StepRow> rows) {
  FunnelWindow window{.length = context_.window};
  if (!context_.calendar_window) return window;
  deadlines_.resize(rows.size());
  const StepMask opening = spec_.options.opening();
  for (std::size_t i = 0; i < rows.size(); ++i)
    deadlines_[i] = rows[i].mask & opening ? context_.calendar_window->End(rows[i].ts) : rows[i].ts;
  window.deadlines = deadlines_;
  return window;
}

void PackedAttempts::AddAttempts(std::string_view actor, std::span<const StepRow> rows,
                                 std::span<const std::uint32_t> labels) {
  // The kernels want rows of one time by mask; labels are looked up in the order as it is.
  const bool ordered = std::is_sorted(rows.begin(), rows.end(), [](const StepRow& a, const StepRow& b) {
    return a.ts < b.ts || (a.ts == b.ts && a.mask < b.mask);
  });
  std::span<const StepRow> sorted = rows;
  if (!ordered) {
    sorted_.assign(rows.begin(), rows.end());
    SortRows(sorted_, context_.stop);
    sorted = sorted_;
  }
  const FunnelWindow window = WindowOf(sorted);
  if (spec_.total) {
    ForEachAttempt(
        sorted, window, spec_.options, context_.memory, context_.stop, [&](const FunnelChain& chain) {
          Take(actor, chain.times.data(), chain.depth, chain.skipped, LabelOf(chain, rows, labels));
        });
    return;
  }
  const FunnelChain chain = BestAttempt(sorted, window, spec_.options, context_.memory, context_.stop);
  if (chain.IsBetterThan(best_) ||
      (chain.depth > 0 && !best_.IsBetterThan(chain) && TakesStepsEarlier(chain, best_))) {
    best_ = chain;
    best_label_ = LabelOf(chain, rows, labels);
  }
}

// The smallest label of the events at a time that meet any of the steps; 0 when none has one.
std::uint32_t PackedAttempts::LabelOfStep(Micros ts, StepMask steps, std::span<const StepRow> rows,
                                          std::span<const std::uint32_t> labels) const {
  std::uint32_t least = 0;
  auto row = std::lower_bound(rows.begin(), rows.end(), ts,
                              [](const StepRow& each, Micros time) { return each.ts < time; });
  for (; row != rows.end() && row->ts == ts; ++row) {
    const std::uint32_t label = labels[static_cast<std::size_t>(row - rows.begin())];
    if ((row->mask & steps) != 0 && label != 0 && (least == 0 || label < least)) least = label;
  }
  return least;
}

std::uint32_t PackedAttempts::LabelOf(const FunnelChain& chain, std::span<const StepRow> rows,
                                      std::span<const std::uint32_t> labels) const {
  if (!spec_.breakdown) return 0;
  const bool backward = spec_.attribution.event == Attribution::Event::kLast;
  for (int i = 0; i < chain.depth; ++i) {
    const int step = backward ? chain.depth - 1 - i : i;
    if (chain.skipped >> step & 1) continue;
    if (spec_.attribution.event == Attribution::Event::kStep && step != spec_.attribution.step) continue;
    // With steps in any order there is no telling which of them the k-th event was.
    const StepMask steps =
        spec_.options.order == StepOrder::kAny ? FirstSteps(spec_.options.steps) : StepMask{1} << step;
    const std::uint32_t label = LabelOfStep(chain.times[step], steps, rows, labels);
    if (label != 0) return label;
  }
  return 0;
}

void PackedAttempts::WritePartial(std::pmr::vector<std::uint8_t>* bytes) const {
  splitter_.Write(bytes);
  WriteTaken(bytes);
}

void PackedAttempts::AddPartial(std::span<const std::uint8_t> bytes) {
  ByteReader reader(bytes);
  splitter_.Read(&reader);
  AddTaken(&reader);
  if (reader.left() != 0) ThrowCorruptState();
}

}  // namespace productgraph::core
