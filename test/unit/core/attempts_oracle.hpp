// Attempts as their definition has them, by trying everything: slow, and sharing nothing with the kernel.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "src/core/attempts.hpp"
#include "test/unit/core/funnel_rows.hpp"

namespace productgraph::core {

struct AttemptCase {
  Rows rows;
  AttemptOptions options;
  Micros length = 0;
  std::vector<Micros> deadlines;  // empty = length counts

  FunnelWindow window() const { return {deadlines.empty() ? length : 0, deadlines}; }
};

inline std::string Show(const AttemptCase& c) {
  const AttemptOptions& o = c.options;
  std::string text = std::to_string(o.steps) + " steps, order " + std::to_string(static_cast<int>(o.order)) +
                     (o.per_step ? ", per step" : "") + ", optional " + std::to_string(o.optional) +
                     ", window " + std::to_string(c.length);
  for (int i = 0; i < o.exclusions; ++i) {
    text += ", excluded " + std::to_string(o.excluded[i].after) + "-" + std::to_string(o.excluded[i].before);
  }
  for (std::size_t i = 0; i < c.rows.size(); ++i) {
    text += "; " + std::to_string(c.rows[i].ts) + ":" + std::to_string(c.rows[i].mask);
    if (!c.deadlines.empty()) text += "<=" + std::to_string(c.deadlines[i]);
  }
  return text;
}

// Whether each of these steps can have a row of its own.
inline bool Matchable(const std::vector<StepRow>& rows, std::vector<int> steps, std::vector<bool> used = {}) {
  used.resize(rows.size(), false);
  if (steps.empty()) return true;
  const int step = steps.back();
  steps.pop_back();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (used[i] || !(rows[i].mask >> step & 1)) continue;
    used[i] = true;
    if (Matchable(rows, steps, used)) return true;
    used[i] = false;
  }
  return false;
}

class AttemptOracle {
 public:
  struct Outcome {
    FunnelChain chain;
    bool broken = false;
    // The next attempt one after the other begins at a row after `after`; in the strict order at `row` or
    // later.
    Micros after = 0;
    std::size_t row = 0;
  };

  explicit AttemptOracle(const AttemptCase& c) : c_(c), o_(c.options) {}

  FunnelChain Best() const {
    FunnelChain best;
    for (std::size_t i = 0; i < c_.rows.size(); ++i) {
      if (!Begins(i)) continue;
      const Outcome outcome = From(i);
      if (outcome.broken) continue;
      const FunnelChain& chain = outcome.chain;
      const auto rank = [](const FunnelChain& x) {
        return std::make_tuple(x.depth, -x.times[std::max(x.depth, 1) - 1], x.times[0]);
      };
      if (chain.depth > best.depth || (chain.depth == best.depth && rank(chain) > rank(best))) best = chain;
    }
    return best;
  }

  std::vector<FunnelChain> All() const {
    std::vector<FunnelChain> all;
    std::optional<Outcome> previous;
    for (std::size_t i = 0; i < c_.rows.size(); ++i) {
      if (!Begins(i)) continue;
      if (previous && (o_.order == StepOrder::kStrict ? i < previous->row : c_.rows[i].ts <= previous->after))
        continue;
      previous = From(i);
      if (!previous->broken) all.push_back(previous->chain);
    }
    return all;
  }

 private:
  bool Begins(std::size_t row) const {
    const int bit = o_.order == StepOrder::kAny ? o_.steps + o_.exclusions : 0;
    return c_.rows[row].mask >> bit & 1;
  }
  bool IsStep(std::size_t row, int step) const { return c_.rows[row].mask >> step & 1; }
  Micros Deadline(std::size_t row) const {
    return c_.deadlines.empty() ? c_.rows[row].ts + c_.length : c_.deadlines[row];
  }
  std::vector<StepRow> At(Micros ts) const {
    std::vector<StepRow> rows;
    for (const StepRow& row : c_.rows) {
      if (row.ts == ts) rows.push_back(row);
    }
    return rows;
  }

  Outcome From(std::size_t start) const {
    switch (o_.order) {
      case StepOrder::kStrict:
        return Strict(start);
      case StepOrder::kAny:
        return AnyOrder(start);
      default:
        return Ordered(start);
    }
  }

  Outcome Ordered(std::size_t start) const {
    Outcome outcome;
    FunnelChain& chain = outcome.chain;
    const Micros deadline = Deadline(start);
    std::vector<bool> taken(o_.steps, false);
    Micros last = c_.rows[start].ts - 1;
    for (const StepRow& row : c_.rows) {
      if (row.ts < c_.rows[start].ts || row.ts > deadline || row.ts == last || chain.depth == o_.steps)
        continue;
      last = row.ts;
      std::vector<int> now;
      for (int step = chain.depth; step < o_.steps; ++step) {
        std::vector<int> wanted = now;
        wanted.push_back(step);
        if (Matchable(At(row.ts), wanted)) {
          now = wanted;
        } else if (!(o_.optional >> step & 1)) {
          break;
        }
      }
      for (const int step : now) {
        taken[step] = true;
        chain.times[step] = row.ts;
        chain.depth = step + 1;
      }
    }
    for (int step = 0; step < chain.depth; ++step) {
      if (!taken[step]) chain.skipped |= StepMask{1} << step;
    }
    outcome.after = chain.depth == o_.steps ? chain.times[chain.depth - 1] : deadline;
    Exclude(deadline, &outcome);
    return outcome;
  }

  void Exclude(Micros deadline, Outcome* outcome) const {
    const FunnelChain& chain = outcome->chain;
    for (const StepRow& row : c_.rows) {
      for (int i = 0; i < o_.exclusions; ++i) {
        if (!(row.mask >> (o_.steps + i) & 1)) continue;
        const auto [after, before] = o_.excluded[i];
        if (chain.depth < after || row.ts <= chain.times[after - 1]) continue;
        if (chain.depth >= before ? row.ts >= chain.times[before - 1] : row.ts > deadline) continue;
        outcome->broken = true;
        outcome->after = std::min(outcome->after, row.ts);
      }
    }
  }

  Outcome Strict(std::size_t start) const {
    Outcome outcome;
    FunnelChain& chain = outcome.chain;
    Micros deadline = Deadline(start);
    std::size_t row = start;
    while (row < c_.rows.size() && chain.depth < o_.steps && c_.rows[row].ts <= deadline) {
      int step = chain.depth;
      while (step < o_.steps - 1 && !IsStep(row, step) && (o_.optional >> step & 1)) ++step;
      if (!IsStep(row, step)) break;
      for (int skipped = chain.depth; skipped < step; ++skipped) chain.skipped |= StepMask{1} << skipped;
      chain.times[step] = c_.rows[row].ts;
      chain.depth = step + 1;
      if (o_.per_step) deadline = Deadline(row);
      ++row;
    }
    if (row < c_.rows.size() && chain.depth < o_.steps && c_.rows[row].ts <= deadline) {
      for (int i = 0; i < o_.exclusions; ++i) {
        const auto [after, before] = o_.excluded[i];
        outcome.broken |=
            (c_.rows[row].mask >> (o_.steps + i) & 1) && chain.depth >= after && chain.depth < before;
      }
    }
    outcome.row = row;
    return outcome;
  }

  // The most steps that rows of [from, until] can serve.
  int MostSteps(Micros from, Micros until) const {
    std::vector<StepRow> rows;
    for (const StepRow& row : c_.rows) {
      if (row.ts >= from && row.ts <= until) rows.push_back(row);
    }
    int most = 0;
    for (unsigned chosen = 0; chosen < 1u << o_.steps; ++chosen) {
      std::vector<int> steps;
      for (int step = 0; step < o_.steps; ++step) {
        if (chosen >> step & 1) steps.push_back(step);
      }
      if (static_cast<int>(steps.size()) > most && Matchable(rows, steps))
        most = static_cast<int>(steps.size());
    }
    return most;
  }

  Outcome AnyOrder(std::size_t start) const {
    Outcome outcome;
    const Micros from = c_.rows[start].ts;
    const Micros deadline = Deadline(start);
    for (const StepRow& row : c_.rows) {
      if (row.ts < from || row.ts > deadline) continue;
      const int most = MostSteps(from, row.ts);
      while (outcome.chain.depth < most) outcome.chain.times[outcome.chain.depth++] = row.ts;
    }
    outcome.after = outcome.chain.depth == o_.steps ? outcome.chain.times[o_.steps - 1] : deadline;
    Exclude(deadline, &outcome);
    return outcome;
  }

  const AttemptCase& c_;
  const AttemptOptions& o_;
};

}  // namespace productgraph::core
