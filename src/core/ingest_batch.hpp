// What happens to the requests of one ingestion transaction, apart from looking things up and storing rows:
//
//   AddRequest()…  ▸ caller fills keys()  ▸ Read()  ▸ caller fills projects()  ▸ Judge()
//                  ▸ caller stores rows() and marks them  ▸ Answer()  ▸ caller sends answers()
//
// One bad event costs only itself, and one bad request never the others.
#pragma once

#include <array>
#include <cstdint>
#include <iterator>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/core/clean_texts.hpp"
#include "src/core/event.hpp"
#include "src/core/event_key.hpp"
#include "src/core/event_reader.hpp"
#include "src/core/event_rules.hpp"
#include "src/core/ingest_issue.hpp"
#include "src/core/redaction_rules.hpp"
#include "src/core/stop_token.hpp"

namespace productgraph::core {

using Uuid = std::array<std::uint8_t, 16>;

struct IngestRequest {
  std::string_view body;
  BodyFormat format = BodyFormat::kJson;
  std::optional<std::string_view> key_hash;  // of the API key that came with it
  std::string_view request_id;               // returned in error answers
};

// An API key that came with requests, known by its SHA-256 only; the caller fills what follows the blank
// line.
struct KeyLookup {
  std::string_view key_hash;

  bool found = false;  // and neither expired nor revoked
  bool may_ingest = true;
  Uuid org_id{};
  std::string_view project_id;  // the only project the key is for; empty = all of the organization
};

// A project that events name, seen with a certain key (-1 = none); the caller fills what follows the blank
// line.
struct ProjectLookup {
  std::string_view project_id;
  int key = -1;

  bool found = false;  // exists and may be written to with this key, or without one when key is -1
  Uuid org_id{};
  EventRules rules;
  RedactionOptions redaction;  // its texts must outlive Judge()
};

// A valid event to store.
struct IngestRow {
  const Event* event;
  const ProjectLookup* project;
  EventKey key;
  int request;

  bool stored = false;  // set by the caller; false = it was there already
};

struct IngestAnswer {
  int status = 202;          // HTTP
  ErrorCode error{};         // when status >= 400
  std::string_view message;  // likewise
  std::string_view body;     // JSON
  int accepted = 0;
  int rejected = 0;
  int duplicates = 0;  // of the accepted ones
};

// Lives in one memory resource that must outlive it. The requests' texts must outlive it too. Every method
// may throw bad_alloc; Read() also Error(kStopped), Judge() Error(kInvalidParameter) for options of
// redaction.
class IngestBatch {
 public:
  IngestBatch(const ReadLimits& limits, const StopToken& stop, std::pmr::memory_resource* memory)
      : limits_(limits),
        stop_(stop),
        memory_(memory),
        requests_(memory),
        keys_(memory),
        projects_(memory),
        redactions_(memory),
        rows_(memory),
        issues_(memory),
        key_tallies_(memory),
        project_tallies_(memory),
        answers_(memory) {}

  void AddRequest(const IngestRequest& request);
  std::pmr::vector<KeyLookup>& keys() { return keys_; }
  void Read();
  std::pmr::vector<ProjectLookup>& projects() { return projects_; }
  void Judge();
  // Sorted by organization, then as they came; no key twice in an organization.
  std::pmr::vector<IngestRow>& rows() { return rows_; }
  // Samples of what Judge() found, of events whose project is known, or at least the project their key is
  // for: why each was rejected, and one warning of each code.
  const std::pmr::vector<IngestIssue>& issues() const { return issues_; }
  void Answer();
  // One for each request, in order.
  const std::pmr::vector<IngestAnswer>& answers() const { return answers_; }

 private:
  struct Request {
    Request(const IngestRequest& given, int key, std::pmr::memory_resource* memory)
        : given(given), key(key), read(memory), projects(memory) {}
    IngestRequest given;
    int key;  // index in keys_, -1 = none
    ReadResult read;
    std::pmr::vector<int> projects;  // of each event: index in projects_, -1 = it names none
    int repeated = 0;                // valid events whose key came before in this batch
  };

  // How many issues of each code there are.
  using Tally = std::array<std::uint8_t, std::size(kErrors)>;

  void FindProjects(Request* request);
  int ProjectIndex(std::string_view project_id, int key);
  void JudgeRequest(int index);
  void RefuseIfNoneAllowed(Request* request);
  void DropRepeatedRows();
  void NoteRequest(const Request& request);
  void NoteOfKey(int key, const Violation& remark);
  void NoteEvent(const Event& event, int project, int key);

  const ReadLimits limits_;
  const StopToken stop_;
  std::pmr::memory_resource* const memory_;
  std::pmr::vector<Request> requests_;
  std::pmr::vector<KeyLookup> keys_;
  std::pmr::vector<ProjectLookup> projects_;
  std::pmr::vector<RedactionRules> redactions_;  // of each project
  CleanTexts clean_texts_;
  std::pmr::vector<IngestRow> rows_;
  std::pmr::vector<IngestIssue> issues_;
  std::pmr::vector<Tally> key_tallies_;      // of keys_
  std::pmr::vector<Tally> project_tallies_;  // of projects_
  std::pmr::vector<IngestAnswer> answers_;
};

}  // namespace productgraph::core
