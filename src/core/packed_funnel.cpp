#include "src/core/packed_funnel.hpp"

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

PackedFunnel::PackedFunnel(const PackedFunnelSpec& spec, const QuestionContext& context)
    : spec_(spec),
      context_(context),
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
      summaries_(context.memory) {
  const StepMask steps = FirstSteps(spec.options.steps);
  for (const EventMeaning& meaning : context.meanings) {
    const bool begins = spec.options.order == StepOrder::kAny && (meaning.mask & steps) != 0;
    masks_.push_back(begins ? meaning.mask | spec.options.beginning() : meaning.mask);
  }
  std::uint32_t labels = 0;
  if (spec.breakdown) {
    for (const EventMeaning& meaning : context.meanings) labels = std::max(labels, meaning.label);
  }
  summaries_.reserve(labels + 1);
  for (std::uint32_t i = 0; i <= labels; ++i) summaries_.emplace_back(spec.options.steps, context.memory);
}

StepMask PackedFunnel::MaskOf(EventValue value, Micros ts) const {
  return ts < spec_.begin_before ? masks_[value] : masks_[value] & ~spec_.options.beginning();
}

// False, and nothing counted, when the general way must be gone.
template <class Row>
bool PackedFunnel::VisitSimply(std::span<const Row> rows) {
  if (!is_simple_) return false;
  CalendarWindow* const calendar = context_.calendar_window;
  const StepMask* const masks = masks_.data();
  const Micros begin_before = spec_.begin_before;
  simple_chain_.Reset();
  for (const Row& row : rows) {
    if (simple_chain_.IsSettled(row.ts)) break;
    StepMask mask = masks[row.value];
    Micros deadline = row.ts + context_.window;
    if (mask & 1) {
      if (row.ts >= begin_before) mask &= ~StepMask{1};
      if (calendar) deadline = calendar->End(row.ts);
    }
    if (!simple_chain_.Take(row.ts, mask, deadline)) return false;
  }
  summaries_[0].Add(simple_chain_.times(), simple_chain_.depth());
  return true;
}

template <class Row>
void PackedFunnel::VisitRows(std::span<const Row> rows) {
  rows_.resize(rows.size());
  StepRow* to = rows_.data();
  for (const Row& row : rows) *to++ = {row.ts, MaskOf(row.value, row.ts)};
  labels_.clear();
  if (spec_.breakdown) {
    for (const Row& row : rows) labels_.push_back(context_.meanings[row.value].label);
  }
  AddAttempts(rows_, labels_);
}

void PackedFunnel::VisitSession(const SessionRows& session) {
  if (VisitSimply(session.rows)) return;
  best_.depth = 0;
  if (spec_.hold) {
    scan_rows_.clear();
    for (const SessionRow& row : session.rows) scan_rows_.push_back({row.ts, row.value, 0});
    VisitGroups(scan_rows_);
  } else {
    VisitRows(session.rows);
  }
  if (best_.depth > 0) summaries_[best_label_].Add(best_);
}

void PackedFunnel::Visit(const ActorRows& actor) {
  if (spec_.by_session) return splitter_.Split(actor, this);
  if (VisitSimply(actor.rows)) return;
  best_.depth = 0;
  if (spec_.in_session || spec_.hold) {
    VisitGroups(actor.rows);
  } else {
    VisitRows(actor.rows);
  }
  if (best_.depth > 0) summaries_[best_label_].Add(best_);
}

void PackedFunnel::VisitGroups(std::span<const ScanRow> rows) {
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
    AddAttempts(rows_, labels_);
  }
}

FunnelWindow PackedFunnel::WindowOf(std::span<const StepRow> rows) {
  FunnelWindow window{.length = context_.window};
  if (!context_.calendar_window) return window;
  deadlines_.resize(rows.size());
  const StepMask opening = spec_.options.opening();
  for (std::size_t i = 0; i < rows.size(); ++i)
    deadlines_[i] = rows[i].mask & opening ? context_.calendar_window->End(rows[i].ts) : rows[i].ts;
  window.deadlines = deadlines_;
  return window;
}

void PackedFunnel::AddAttempts(std::span<const StepRow> rows, std::span<const std::uint32_t> labels) {
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
    ForEachAttempt(sorted, window, spec_.options, context_.memory, context_.stop,
                   [&](const FunnelChain& chain) { summaries_[LabelOf(chain, rows, labels)].Add(chain); });
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
std::uint32_t PackedFunnel::LabelOfStep(Micros ts, StepMask steps, std::span<const StepRow> rows,
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

std::uint32_t PackedFunnel::LabelOf(const FunnelChain& chain, std::span<const StepRow> rows,
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

void PackedFunnel::WritePartial(std::pmr::vector<std::uint8_t>* bytes) const {
  splitter_.Write(bytes);
  for (const FunnelSummary& summary : summaries_) summary.Write(bytes);
}

void PackedFunnel::AddPartial(std::span<const std::uint8_t> bytes) {
  ByteReader reader(bytes);
  splitter_.Read(&reader);
  for (FunnelSummary& summary : summaries_) summary.Read(&reader);
  if (reader.left() != 0) ThrowCorruptState();
}

}  // namespace productgraph::core
