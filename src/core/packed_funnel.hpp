// The funnel, asked of segments: the same attempts as src/core/attempts.hpp finds in rows.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <vector>

#include "src/core/attempts.hpp"
#include "src/core/funnel_summary.hpp"
#include "src/core/packed_question.hpp"
#include "src/core/session_splitter.hpp"
#include "src/core/simple_chain.hpp"

namespace productgraph::core {

// By which value attempts are told apart: that of the first or last of its steps' events that has one, or of
// the event of a step.
struct Attribution {
  enum class Event : std::uint8_t { kFirst, kLast, kStep } event = Event::kFirst;
  std::uint8_t step = 0;  // from 0
};

// Trivially copyable, so that it can be handed to another process.
struct PackedFunnelSpec {
  AttemptOptions options;
  Micros begin_before = kInfinity;  // attempts begin before that
  bool by_session = false;          // sessions are the actors
  bool total = false;               // all attempts one after the other, not the best of each actor
  bool in_session = false;          // attempts lie within a session
  bool hold = false;                // and within the events of one label
  bool breakdown = false;           // attempts are told apart by label
  Attribution attribution;
};

// The conditions of EventMeaning::mask are the steps, then the exclusions. Labels are numbered from 1 in the
// order of their bytes.
class PackedFunnel : public PackedQuestion, private SessionVisitor {
 public:
  PackedFunnel(const PackedFunnelSpec& spec, const QuestionContext& context);

  void Visit(const ActorRows& actor) override;
  void WritePartial(std::pmr::vector<std::uint8_t>* bytes) const override;
  void AddPartial(std::span<const std::uint8_t> bytes) override;
  void Finish() override { splitter_.Finish(this); }

  // What is known of the attempts of each label, the first for none. Just that one without breakdown.
  std::pmr::vector<FunnelSummary>& summaries() { return summaries_; }

 private:
  // Where attempts are told apart: session and label, each 0 when it does not matter.
  struct GroupedRow {
    std::uint64_t group;
    StepRow row;
    std::uint32_t label;
  };

  void VisitSession(const SessionRows& session) override;
  template <class Row>
  bool VisitSimply(std::span<const Row> rows);
  template <class Row>
  void VisitRows(std::span<const Row> rows);
  StepMask MaskOf(EventValue value, Micros ts) const;
  void VisitGroups(std::span<const ScanRow> rows);
  FunnelWindow WindowOf(std::span<const StepRow> rows);
  void AddAttempts(std::span<const StepRow> rows, std::span<const std::uint32_t> labels);
  std::uint32_t LabelOf(const FunnelChain& chain, std::span<const StepRow> rows,
                        std::span<const std::uint32_t> labels) const;
  std::uint32_t LabelOfStep(Micros ts, StepMask steps, std::span<const StepRow> rows,
                            std::span<const std::uint32_t> labels) const;

  const PackedFunnelSpec spec_;
  const QuestionContext context_;
  std::pmr::vector<StepMask> masks_;  // by value, where an attempt may begin
  const bool is_simple_;              // SimpleChain can be asked of an actor's rows as they are
  SimpleChain simple_chain_;
  SessionSplitter splitter_;
  std::pmr::vector<StepRow> rows_;
  std::pmr::vector<std::uint32_t> labels_;
  std::pmr::vector<StepRow> sorted_;
  std::pmr::vector<Micros> deadlines_;
  std::pmr::vector<ScanRow> scan_rows_;
  std::pmr::vector<GroupedRow> grouped_;
  std::pmr::vector<FunnelSummary> summaries_;
  // The best attempt of the actor among its groups.
  FunnelChain best_;
  std::uint32_t best_label_ = 0;
};

}  // namespace productgraph::core
