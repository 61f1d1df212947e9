#include "src/core/ingest_batch.hpp"

#include <algorithm>
#include <tuple>

#include "src/core/arena_text.hpp"
#include "src/core/ingest_answer.hpp"
#include "src/core/redaction.hpp"

namespace productgraph::core {
namespace {

// Each project costs a look-up, so a request may not name any number of them.
constexpr std::size_t kMaxProjects = 32;

}  // namespace

void IngestBatch::AddRequest(const IngestRequest& request) {
  int key = -1;
  if (request.key_hash) {
    const auto known = std::find_if(keys_.begin(), keys_.end(),
                                    [&](const KeyLookup& k) { return k.key_hash == *request.key_hash; });
    key = static_cast<int>(known - keys_.begin());
    if (known == keys_.end()) keys_.emplace_back().key_hash = *request.key_hash;
  }
  requests_.emplace_back(request, key, memory_);
}

void IngestBatch::Read() {
  for (Request& request : requests_) {
    if (request.key >= 0 && !keys_[request.key].found) {
      request.read.error = RequestError{ErrorCode::kUnauthorized, "unknown, expired or revoked API key"};
      continue;
    }
    if (request.key >= 0 && !keys_[request.key].may_ingest) {
      request.read.error = RequestError{ErrorCode::kForbidden, "this API key lacks the scope ingest"};
      continue;
    }
    ReadEvents(request.given.body, request.given.format, limits_, stop_, memory_, &request.read);
    FindProjects(&request);
  }
}

void IngestBatch::FindProjects(Request* request) {
  std::pmr::vector<int> distinct(memory_);
  for (const Event& event : request->read.events) {
    const std::string_view id = event.Text(FieldId::kProjectId);
    const int index = id.empty() ? -1 : ProjectIndex(id, request->key);
    request->projects.push_back(index);
    if (index < 0 || std::find(distinct.begin(), distinct.end(), index) != distinct.end()) continue;
    distinct.push_back(index);
    if (distinct.size() <= kMaxProjects) continue;
    request->read.error =
        RequestError{ErrorCode::kInvalidBatch, "events of more than 32 projects in one batch"};
    request->read.events.clear();
    request->projects.clear();
    return;
  }
}

int IngestBatch::ProjectIndex(std::string_view project_id, int key) {
  const auto known = std::find_if(projects_.begin(), projects_.end(), [&](const ProjectLookup& p) {
    return p.key == key && p.project_id == project_id;
  });
  const int index = static_cast<int>(known - projects_.begin());
  if (known == projects_.end()) {
    ProjectLookup& added = projects_.emplace_back();
    added.project_id = project_id;
    added.key = key;
  }
  return index;
}

void IngestBatch::Judge() {
  redactions_.reserve(projects_.size());
  for (const ProjectLookup& project : projects_) redactions_.emplace_back(project.redaction, memory_);
  key_tallies_.resize(keys_.size());
  project_tallies_.resize(projects_.size());
  for (int i = 0; i < static_cast<int>(requests_.size()); ++i) JudgeRequest(i);
  DropRepeatedRows();
}

void IngestBatch::JudgeRequest(int index) {
  Request& request = requests_[index];
  RefuseIfNoneAllowed(&request);
  if (request.read.error) return NoteRequest(request);
  for (std::size_t i = 0; i < request.read.events.size(); ++i) {
    Event& event = request.read.events[i];
    const ProjectLookup* project = request.projects[i] < 0 ? nullptr : &projects_[request.projects[i]];
    if (project && !project->found) {
      const std::string_view field = Describe(FieldId::kProjectId).name;
      event.violations.clear();
      if (request.key < 0) {
        event.violations.push_back({field, ErrorCode::kUnauthorized, "project_id: needs an API key"});
      } else {
        event.violations.push_back(
            {field, ErrorCode::kForbidden, "project_id: not a project of this API key"});
      }
      NoteEvent(event, -1, request.key);
      continue;
    }
    // Before the rules cut what is too long, and with it perhaps half of a card number.
    if (project && !redactions_[request.projects[i]].empty()) {
      RedactEvent(redactions_[request.projects[i]], memory_, &clean_texts_, &event);
    }
    ApplyRules(project ? project->rules : EventRules(), memory_, &event);
    NoteEvent(event, request.projects[i], request.key);
    if (!event.violations.empty()) continue;
    const EventKey key = MakeEventKey(project->project_id, event.Text(FieldId::kEventId));
    rows_.push_back({&event, project, key, index});
  }
}

// A request of which no event may be stored for want of the right key is refused as a whole.
void IngestBatch::RefuseIfNoneAllowed(Request* request) {
  bool denied = false;
  for (const int project : request->projects) {
    if (project < 0) continue;
    if (projects_[project].found) return;
    denied = true;
  }
  if (!denied || request->read.error) return;
  if (request->key < 0) {
    request->read.error =
        RequestError{ErrorCode::kUnauthorized,
                     "an API key is needed: send it as X-PG-API-Key, Authorization: Bearer or api_key"};
  } else {
    request->read.error =
        RequestError{ErrorCode::kForbidden, "this API key is not for the project of these events"};
  }
}

void IngestBatch::NoteRequest(const Request& request) {
  NoteOfKey(request.key, {"request", request.read.error->code, request.read.error->message});
}

// Whose project is not known belongs to the project of its key, if that is for one. Nothing else of it may be
// kept, since nobody said what to redact.
void IngestBatch::NoteOfKey(int key, const Violation& remark) {
  if (key < 0 || !keys_[key].found || keys_[key].project_id.empty()) return;
  std::uint8_t& tally = key_tallies_[key][static_cast<std::size_t>(remark.code)];
  if (tally >= kMaxIssuesOfCode) return;
  ++tally;
  issues_.push_back({keys_[key].org_id, keys_[key].project_id, remark, true, nullptr, nullptr});
}

void IngestBatch::NoteEvent(const Event& event, int project, int key) {
  const bool rejected = !event.violations.empty();
  if (project < 0) {
    if (rejected) NoteOfKey(key, event.violations.front());
    return;
  }
  std::uint32_t noted = 0;  // codes, one bit each
  for (const Violation& remark : rejected ? event.violations : event.warnings) {
    const auto code = static_cast<std::size_t>(remark.code);
    std::uint8_t& tally = project_tallies_[project][code];
    static_assert(std::size(kErrors) <= 32);
    if (tally < kMaxIssuesOfCode && !(noted & 1U << code)) {
      ++tally;
      noted |= 1U << code;
      issues_.push_back({projects_[project].org_id, projects_[project].project_id, remark, rejected, &event,
                         &redactions_[project]});
    }
    if (rejected) return;
  }
}

void IngestBatch::DropRepeatedRows() {
  // Events of a request lie in one list, so their addresses tell their order.
  std::sort(rows_.begin(), rows_.end(), [](const IngestRow& a, const IngestRow& b) {
    return std::tie(a.project->org_id, a.request, a.event) < std::tie(b.project->org_id, b.request, b.event);
  });
  std::pmr::vector<int> order(memory_);
  order.reserve(rows_.size());
  for (int i = 0; i < static_cast<int>(rows_.size()); ++i) order.push_back(i);
  const auto identity = [this](int i) { return std::tie(rows_[i].project->org_id, rows_[i].key); };
  std::sort(order.begin(), order.end(),
            [&](int a, int b) { return identity(a) != identity(b) ? identity(a) < identity(b) : a < b; });
  std::pmr::vector<bool> repeated(rows_.size(), false, memory_);
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (identity(order[i]) != identity(order[i - 1])) continue;
    repeated[order[i]] = true;
    ++requests_[rows_[order[i]].request].repeated;
  }
  int index = 0;
  std::erase_if(rows_, [&](const IngestRow&) { return repeated[index++]; });
}

void IngestBatch::Answer() {
  answers_.resize(requests_.size());
  for (std::size_t i = 0; i < requests_.size(); ++i) {
    const Request& request = requests_[i];
    IngestAnswer& answer = answers_[i];
    if (request.read.error) {
      answer.status = Describe(request.read.error->code).http_status;
      answer.error = request.read.error->code;
      answer.message = request.read.error->message;
      answer.body = ErrorBody(*request.read.error, request.given.request_id, memory_);
      continue;
    }
    for (const Event& event : request.read.events)
      ++(event.violations.empty() ? answer.accepted : answer.rejected);
    answer.duplicates = request.repeated;
  }
  for (const IngestRow& row : rows_) answers_[row.request].duplicates += !row.stored;
  for (std::size_t i = 0; i < requests_.size(); ++i) {
    if (!requests_[i].read.error)
      answers_[i].body = AcceptedBody(requests_[i].read.events, answers_[i], memory_);
  }
}

}  // namespace productgraph::core
