// Attempts at a funnel, found in segments: the same ones as src/core/attempts.hpp finds in rows.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

#include "src/core/attempts.hpp"
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
struct PackedAttemptsSpec {
  AttemptOptions options;
  Micros begin_before = kInfinity;  // attempts begin before that
  bool by_session = false;          // sessions are the actors
  bool total = false;               // all attempts one after the other, not the best of each actor
  bool in_session = false;          // attempts lie within a session
  bool hold = false;                // and within the events of one label
  bool breakdown = false;           // attempts are told apart by label
  bool named = false;               // whether it matters whose they are
  Attribution attribution;
};

// The conditions of EventMeaning::mask are the steps, then the exclusions. Labels are numbered from 1 in the
// order of their bytes.
class PackedAttempts : public PackedQuestion, private SessionVisitor {
 public:
  void Visit(const ActorRows& actor) override;
  void WritePartial(std::pmr::vector<std::uint8_t>* bytes) const override;
  void AddPartial(std::span<const std::uint8_t> bytes) override;
  void Finish() override { splitter_.Finish(this); }

 protected:
  // With periods, given by their ascending starts, the best attempt counts of those that begin in each of
  // them, instead of the best of all. What lies before the first start is a period too. `periods` must stay.
  PackedAttempts(const PackedAttemptsSpec& spec, const QuestionContext& context,
                 std::span<const Micros> periods);

  const PackedAttemptsSpec& spec() const { return spec_; }

 private:
  // Where attempts are told apart: session and label, each 0 when it does not matter.
  struct GroupedRow {
    std::uint64_t group;
    StepRow row;
    std::uint32_t label;
  };

  // An attempt that counts, as FunnelChain has them, whose label is 0 without breakdown. Sessions have no
  // names.
  virtual void Take(std::string_view actor, const Micros* times, int depth, StepMask skipped,
                    std::uint32_t label) = 0;
  virtual void WriteTaken(std::pmr::vector<std::uint8_t>* bytes) const = 0;
  virtual void AddTaken(ByteReader* reader) = 0;

  void VisitSession(const SessionRows& session) override;
  void VisitScanRows(std::string_view actor, std::span<const ScanRow> rows);
  void VisitPeriods(std::string_view actor, std::span<const ScanRow> rows);
  void VisitPeriod(std::string_view actor, std::span<const ScanRow> rows);
  template <class Row>
  bool VisitSimply(std::string_view actor, std::span<const Row> rows);
  template <class Row>
  void VisitRows(std::string_view actor, std::span<const Row> rows);
  void VisitGroups(std::string_view actor, std::span<const ScanRow> rows);
  void TakeBest(std::string_view actor);
  StepMask MaskOf(EventValue value, Micros ts) const;
  bool MayBegin(const ScanRow& row) const;
  Micros LastDeadline(Micros begin) const;
  FunnelWindow WindowOf(std::span<const StepRow> rows);
  void AddAttempts(std::string_view actor, std::span<const StepRow> rows,
                   std::span<const std::uint32_t> labels);
  std::uint32_t LabelOf(const FunnelChain& chain, std::span<const StepRow> rows,
                        std::span<const std::uint32_t> labels) const;
  std::uint32_t LabelOfStep(Micros ts, StepMask steps, std::span<const StepRow> rows,
                            std::span<const std::uint32_t> labels) const;

  const PackedAttemptsSpec spec_;
  const QuestionContext context_;
  const std::span<const Micros> periods_;
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
  // Attempts begin in [begin_from_, begin_before_).
  Micros begin_from_ = kMinusInfinity;
  Micros begin_before_;
  // The best attempt of the actor, or of its period, among its groups.
  FunnelChain best_;
  std::uint32_t best_label_ = 0;
};

}  // namespace productgraph::core
