// A store in memory for IngestBatch: what src/pg looks up and writes in SQL, done with maps.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "src/core/ingest_batch.hpp"
#include "test/unit/core/block_memory.hpp"

namespace productgraph::core {

struct WorldProject {
  std::string id;
  Uuid org_id{};
  bool open_ingest = false;
  EventRules rules{};
  RedactionOptions redaction{};
};

struct WorldKey {
  Uuid org_id{};
  std::string project_id;  // empty = all of the organization
};

struct WorldRequest {
  std::string body;
  std::optional<std::string> key;
  BodyFormat format = BodyFormat::kJson;
  std::string request_id = "req-1";
};

struct WorldAnswer {
  int status;
  std::string code;  // when status >= 400
  std::string body;
  int accepted, rejected, duplicates;
};

struct WorldIssue {
  std::string project_id, code, event_id, field, message, sample;
  bool rejected;
};

class IngestionWorld {
 public:
  std::vector<WorldProject> projects;
  std::map<std::string, WorldKey> keys;
  ReadLimits limits;

  std::size_t stored() const { return stored_.size(); }
  // Of the last transaction.
  const std::vector<WorldIssue>& issues() const { return issues_; }

  // One transaction. `memory` may run out: then bad_alloc leaves and nothing was stored.
  std::vector<WorldAnswer> Ingest(const std::vector<WorldRequest>& requests,
                                  std::pmr::memory_resource* memory) {
    IngestBatch batch(limits, StopToken(), memory);
    std::vector<ExactText> bodies;
    bodies.reserve(requests.size());
    for (const WorldRequest& request : requests) {
      bodies.emplace_back(request.body);
      batch.AddRequest({bodies.back(), request.format,
                        request.key ? std::optional<std::string_view>(*request.key) : std::nullopt,
                        request.request_id});
    }
    FindKeys(&batch);
    batch.Read();
    FindProjects(&batch);
    batch.Judge();
    std::set<Identity> stored = stored_;
    for (IngestRow& row : batch.rows()) row.stored = stored.insert({row.project->org_id, row.key}).second;
    DescribeIssues(batch, memory);
    batch.Answer();
    std::vector<WorldAnswer> answers;
    for (const IngestAnswer& answer : batch.answers()) {
      answers.push_back({answer.status, answer.status == 202 ? "" : Describe(answer.error).name,
                         std::string(answer.body), answer.accepted, answer.rejected, answer.duplicates});
    }
    stored_ = std::move(stored);
    return answers;
  }
  std::vector<WorldAnswer> Ingest(const std::vector<WorldRequest>& requests) {
    BlockMemory memory;
    return Ingest(requests, &memory);
  }

 private:
  using Identity = std::pair<Uuid, EventKey>;

  void FindKeys(IngestBatch* batch) const {
    for (KeyLookup& lookup : batch->keys()) {
      const auto key = keys.find(std::string(lookup.key_hash));
      if (key == keys.end()) continue;
      lookup.found = true;
      lookup.org_id = key->second.org_id;
      lookup.project_id = key->second.project_id;
    }
  }

  void FindProjects(IngestBatch* batch) const {
    for (ProjectLookup& lookup : batch->projects()) {
      const KeyLookup* const key = lookup.key < 0 ? nullptr : &batch->keys()[lookup.key];
      for (const WorldProject& project : projects) {
        if (project.id != lookup.project_id) continue;
        if (key &&
            (key->org_id != project.org_id || (!key->project_id.empty() && key->project_id != project.id))) {
          continue;
        }
        if (!key && !project.open_ingest) continue;
        lookup.found = true;
        lookup.org_id = project.org_id;
        lookup.rules = project.rules;
        lookup.redaction = project.redaction;
      }
    }
  }

  void DescribeIssues(const IngestBatch& batch, std::pmr::memory_resource* memory) {
    issues_.clear();
    for (const IngestIssue& issue : batch.issues()) {
      const IssueTexts texts = DescribeIssue(issue, memory);
      issues_.push_back({std::string(issue.project_id), Describe(issue.remark.code).name,
                         std::string(texts.event_id), std::string(texts.field), std::string(texts.message),
                         std::string(texts.sample), issue.rejected});
    }
  }

  std::set<Identity> stored_;
  std::vector<WorldIssue> issues_;
};

}  // namespace productgraph::core
