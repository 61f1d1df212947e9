#include "src/core/session_splitter.hpp"

#include <algorithm>
#include <cstring>

#include "src/core/arena_text.hpp"
#include "src/core/packed_question.hpp"

namespace productgraph::core {

SessionSplitter::SessionSplitter(MarkedSessions repeated, std::pmr::memory_resource* memory)
    : repeated_(repeated),
      texts_(memory),
      kept_(memory),
      names_(memory),
      grouped_(memory),
      rows_(memory),
      seen_(memory) {}

// Whether the rows of each session follow one another.
bool SessionSplitter::InOnePiece(std::span<const ScanRow> rows, std::size_t sessions) {
  seen_.assign(sessions, 0);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i > 0 && rows[i].session == rows[i - 1].session) continue;
    if (seen_[rows[i].session]) return false;
    seen_[rows[i].session] = 1;
  }
  return true;
}

void SessionSplitter::Keep(const ActorRows& actor, std::span<const ScanRow> rows, const SessionId& session) {
  const auto number = static_cast<std::uint32_t>(names_.size() - 1);
  for (const ScanRow& row : rows) kept_.push_back({session, actor.ambiguous_ties, number, row.value, row.ts});
}

void SessionSplitter::Split(const ActorRows& actor, SessionVisitor* visitor) {
  std::span<const ScanRow> rows = actor.rows;
  if (!InOnePiece(rows, actor.sessions.size())) {
    grouped_.assign(rows.begin(), rows.end());
    std::stable_sort(grouped_.begin(), grouped_.end(),
                     [](const ScanRow& a, const ScanRow& b) { return a.session < b.session; });
    rows = grouped_;
  }
  const auto is_kept = [&](const ScanRow& row) { return repeated_.MayHave(actor.sessions[row.session]); };
  const bool has_more = std::any_of(rows.begin(), rows.end(), is_kept);
  if (has_more) {
    names_.push_back(CopyText(&texts_, actor.name));
  }
  for (std::size_t begin = 0, end = 0; begin < rows.size(); begin = end) {
    while (end < rows.size() && rows[end].session == rows[begin].session) ++end;
    const std::span<const ScanRow> session = rows.subspan(begin, end - begin);
    if (is_kept(session[0])) {
      Keep(actor, session, actor.sessions[session[0].session]);
      continue;
    }
    rows_.clear();
    for (const ScanRow& row : session) rows_.push_back({row.ts, row.value, 0});
    visitor->VisitSession({rows_, {&actor.name, 1}, actor.ambiguous_ties, has_more});
  }
}

void SessionSplitter::Write(std::pmr::vector<std::uint8_t>* bytes) const {
  AppendValue(static_cast<std::uint64_t>(names_.size()), bytes);
  for (const std::string_view name : names_) {
    AppendValue(static_cast<std::uint64_t>(name.size()), bytes);
    bytes->insert(bytes->end(), name.begin(), name.end());
  }
  AppendValue(static_cast<std::uint64_t>(kept_.size()), bytes);
  for (const KeptRow& row : kept_) AppendValue(row, bytes);
}

void SessionSplitter::Read(ByteReader* reader) {
  const auto first_name = static_cast<std::uint32_t>(names_.size());
  for (auto left = reader->Get<std::uint64_t>(); left > 0; --left) {
    names_.push_back(CopyText(&texts_, reader->GetText(reader->Get<std::uint64_t>())));
  }
  for (auto left = reader->Get<std::uint64_t>(); left > 0; --left) {
    auto row = reader->Get<KeptRow>();
    row.actor += first_name;
    if (row.actor >= names_.size()) ThrowCorruptState();
    kept_.push_back(row);
  }
}

void SessionSplitter::Finish(SessionVisitor* visitor) {
  std::stable_sort(kept_.begin(), kept_.end(), [](const KeptRow& a, const KeptRow& b) {
    return a.session != b.session ? a.session < b.session : a.ts < b.ts;
  });
  for (std::size_t begin = 0, end = 0; begin < kept_.size(); begin = end) {
    bool ambiguous = false;
    rows_.clear();
    for (; end < kept_.size() && kept_[end].session == kept_[begin].session; ++end) {
      const KeptRow& row = kept_[end];
      const bool tie_of_two = end > begin && kept_[end - 1].ts == row.ts && kept_[end - 1].actor != row.actor;
      ambiguous |= row.ambiguous || tie_of_two;
      rows_.push_back({row.ts, row.value, row.actor});
    }
    visitor->VisitSession({rows_, names_, ambiguous, false});
  }
}

}  // namespace productgraph::core
