#include "ingest_batch.hpp"

#include <cstdlib>

namespace productgraph::sidecar {
namespace {

std::size_t TotalBytes(const IngestJobs& jobs) {
  std::size_t bytes = 0;
  for (const auto& job : jobs) bytes += job->request.body.size();
  return bytes;
}

long long Integer(const PGresult* result, int row, int column) {
  return std::atoll(PQgetvalue(result, row, column));
}

constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kShortText = 48;  // a guess that saves growing

}  // namespace

IngestArguments::IngestArguments(const IngestJobs& jobs)
    : bodies_(kByteaOid, jobs.size(), TotalBytes(jobs)),
      key_hashes_(kByteaOid, jobs.size(), jobs.size() * kHashBytes),
      formats_(kTextOid, jobs.size(), jobs.size() * kShortText),
      request_ids_(kTextOid, jobs.size(), jobs.size() * kShortText) {
  for (const auto& job : jobs) {
    const IngestRequest& request = job->request;
    bodies_.Add(request.body);
    if (request.key_hash) {
      key_hashes_.Add(*request.key_hash);
    } else {
      key_hashes_.AddNull();
    }
    formats_.Add(request.format);
    request_ids_.Add(request.request_id);
  }
}

std::vector<PgParameter> IngestArguments::Parameters() const {
  return {{kByteaArrayOid, &bodies_.Data()},
          {kByteaArrayOid, &key_hashes_.Data()},
          {kTextArrayOid, &formats_.Data()},
          {kTextArrayOid, &request_ids_.Data()}};
}

std::vector<IngestRow> ReadIngestRows(const PGresult* result, std::size_t jobs) {
  constexpr int kColumns = 6;
  if (PQnfields(result) != kColumns || PQntuples(result) != static_cast<int>(jobs)) return {};
  std::vector<IngestRow> rows(jobs);
  for (int i = 0; i < static_cast<int>(jobs); ++i) {
    IngestRow& row = rows[static_cast<std::size_t>(i)];
    const long long status = Integer(result, i, 1);
    if (Integer(result, i, 0) != i + 1 || status < 200 || status > 599) return {};
    row.status = static_cast<unsigned>(status);
    row.response.assign(PQgetvalue(result, i, 2), static_cast<std::size_t>(PQgetlength(result, i, 2)));
    row.accepted = Integer(result, i, 3);
    row.rejected = Integer(result, i, 4);
    row.duplicates = Integer(result, i, 5);
  }
  return rows;
}

}  // namespace productgraph::sidecar
