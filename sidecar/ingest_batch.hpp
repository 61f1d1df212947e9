#pragma once

#include <libpq-fe.h>

#include <string>
#include <vector>

#include "ingest_queue.hpp"
#include "pg_array.hpp"
#include "pg_connection.hpp"

namespace productgraph::sidecar {

inline constexpr const char* kIngestStatement = "productgraph_ingest";
inline constexpr const char* kIngestSql =
    "SELECT request, status, response, accepted, rejected, duplicates"
    " FROM productgraph.ingest_requests($1, $2, $3, $4)";

inline constexpr const char* kNoteStatement = "productgraph_note";
inline constexpr const char* kNoteSql = "SELECT productgraph.note_key_uses($1)";

// The arguments of productgraph.ingest_requests for some jobs. Must outlive the sending of the statement.
class IngestArguments {
 public:
  explicit IngestArguments(const IngestJobs& jobs);
  std::vector<PgParameter> Parameters() const;

 private:
  PgArrayBuilder bodies_;
  PgArrayBuilder key_hashes_;
  PgArrayBuilder formats_;
  PgArrayBuilder request_ids_;
};

struct IngestRow {
  unsigned status = 0;
  std::string response;
  long long accepted = 0;
  long long rejected = 0;
  long long duplicates = 0;
};

// One row a job, in order; empty if the answer has another shape than the contract's.
std::vector<IngestRow> ReadIngestRows(const PGresult* result, std::size_t jobs);

}  // namespace productgraph::sidecar
