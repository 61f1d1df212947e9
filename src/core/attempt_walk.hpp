// One attempt at a product funnel after another, in each order that steps may come in; see attempts.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory_resource>
#include <span>

#include "src/core/attempts.hpp"
#include "src/core/step_index.hpp"

namespace productgraph::core {

// What came of the attempt that begins at a certain row.
struct AttemptWalk {
  FunnelChain chain;
  bool broken = false;   // by an excluded row
  std::size_t end = 0;   // the first row at which the next attempt may begin when they may not overlap
  std::size_t next = 0;  // and when they may
};

// What the walks share. All rows are given by their indexes; size() stands for none.
class WalkBase {
 public:
  WalkBase(std::span<const StepRow> rows, const FunnelWindow& window, const AttemptOptions& options,
           std::pmr::memory_resource* memory, const StopToken& stop)
      : rows_(rows), window_(window), options_(options), index_(rows, memory, stop) {}

  std::size_t size() const { return rows_.size(); }
  // The first row from `from` on at which an attempt may begin.
  std::size_t Start(std::size_t from) const { return index_.NextOfAny(options_.beginning(), from); }

 protected:
  // The ends of the rows that share the time of `row`. `from` is the first one to look at.
  std::size_t TimeBegin(std::size_t row, std::size_t from) const;
  std::size_t TimeEnd(std::size_t row) const;
  // The first row from `from` on after this time.
  std::size_t After(Micros ts, std::size_t from) const;
  // Of the window that an attempt beginning at `row` opens there; a window never ends before it begins.
  Micros Deadline(std::size_t row, StepMask opening) const {
    return std::max(window_.Deadline(rows_, row, opening), rows_[row].ts);
  }
  // Marks an attempt as broken by the rows excluded between its steps; `ends` has the row after the time of
  // each step that an exclusion lies after.
  void ApplyExclusions(Micros deadline, const std::array<std::size_t, kMaxSteps>& ends,
                       AttemptWalk* walk) const;
  // The steps that may follow when `taken` of them are behind: the next one, and those after optional ones.
  StepMask Candidates(int taken) const;

  std::span<const StepRow> rows_;
  const FunnelWindow& window_;
  const AttemptOptions& options_;
  StepIndex index_;
};

class OrderedWalk : public WalkBase {
 public:
  using WalkBase::WalkBase;
  AttemptWalk Walk(std::size_t start);

 private:
  // Rows of one time that serve steps after those taken before.
  struct Serving {
    std::size_t begin = 0;
    std::size_t end = 0;  // 0 = not known yet
    StepMask steps = 0;
  };

  const Serving* Serve(int taken, std::size_t from);

  std::array<Serving, kMaxSteps> servings_{};  // the last one for each number of steps behind
};

class StrictWalk : public WalkBase {
 public:
  using WalkBase::WalkBase;
  AttemptWalk Walk(std::size_t start) const;

 private:
  bool Breaks(const StepRow& row, int taken) const;
};

class AnyOrderWalk : public WalkBase {
 public:
  using WalkBase::WalkBase;
  AttemptWalk Walk(std::size_t start) const;
};

}  // namespace productgraph::core
