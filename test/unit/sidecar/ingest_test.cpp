#include <gtest/gtest.h>

#include <random>

#include "byte_budget.hpp"
#include "ingest_batch.hpp"
#include "ingest_queue.hpp"
#include "pg_array.hpp"
#include "pg_error.hpp"

namespace productgraph::sidecar {
namespace {

class IngestQueueTest : public ::testing::Test {
 protected:
  std::shared_ptr<IngestJob> Job(const std::string& body, std::optional<std::string> key = {}) {
    IngestRequest request{body, std::move(key), "json", "r"};
    BudgetShare share(budget_);
    share.Resize(static_cast<std::int64_t>(body.size()));
    return std::make_shared<IngestJob>(io_, std::move(request), std::move(share));
  }

  boost::asio::io_context io_;
  Metrics metrics_;
  ByteBudget budget_{metrics_.buffer_bytes, 100};
};

TEST_F(IngestQueueTest, TakesEverythingUpToTheLimits) {
  IngestQueue queue(metrics_, 10, 1000);
  for (const char* body : {"1", "22", "333", "4444"}) ASSERT_EQ(queue.Push(Job(body)), IngestFailure::kNone);
  EXPECT_EQ(metrics_.queue_requests, 4);
  IngestJobs jobs = queue.Take(10, 3);
  ASSERT_EQ(jobs.size(), 2U);
  EXPECT_EQ(jobs[1]->request.body, "22");
  EXPECT_EQ(queue.Take(1, 100).size(), 1U);
  EXPECT_EQ(queue.Take(10, 1).size(), 1U) << "one that is larger than the limit goes alone";
  EXPECT_TRUE(queue.Empty());
  EXPECT_EQ(metrics_.queue_requests, 0);
}

TEST_F(IngestQueueTest, IsBounded) {
  IngestQueue queue(metrics_, 1, 1000);
  EXPECT_EQ(queue.Push(Job("a")), IngestFailure::kNone);
  EXPECT_EQ(queue.Push(Job("b")), IngestFailure::kOverloaded);
  EXPECT_EQ(queue.Push(Job("b", "key")), IngestFailure::kOverloaded) << "a lane of one makes no room";
}

TEST_F(IngestQueueTest, KeysTakeTurns) {
  IngestQueue queue(metrics_, 100, 1000);
  for (int i = 0; i < 10; ++i) queue.Push(Job("noisy", "a"));
  queue.Push(Job("b1", "b"));
  queue.Push(Job("b2", "b"));
  queue.Push(Job("open"));
  std::vector<std::string> order;
  while (!queue.Empty()) {
    for (const auto& job : queue.Take(2, 100)) order.push_back(job->request.body);
  }
  const std::vector<std::string> expected = {"noisy", "b1", "open", "noisy", "b2"};
  ASSERT_EQ(order.size(), 13U);
  EXPECT_EQ(std::vector<std::string>(order.begin(), order.begin() + 5), expected);
  EXPECT_EQ(metrics_.queue_bytes, 0);
}

TEST_F(IngestQueueTest, AFullQueueMakesRoomAtTheEndOfTheLongestLane) {
  IngestQueue queue(metrics_, 4, 1000);
  std::vector<std::shared_ptr<IngestJob>> noisy;
  for (int i = 0; i < 4; ++i) {
    noisy.push_back(Job("n", "a"));
    ASSERT_EQ(queue.Push(noisy.back()), IngestFailure::kNone);
  }
  EXPECT_EQ(queue.Push(Job("n", "a")), IngestFailure::kOverloaded);
  EXPECT_EQ(queue.Push(Job("q", "b")), IngestFailure::kNone);
  EXPECT_EQ(queue.Push(Job("q", "b")), IngestFailure::kNone);
  EXPECT_EQ(queue.Push(Job("q", "b")), IngestFailure::kOverloaded) << "they have as much by now";
  EXPECT_EQ(queue.Push(Job("q", "c")), IngestFailure::kNone);
  EXPECT_FALSE(noisy[0]->result);
  ASSERT_TRUE(noisy[3]->result);
  EXPECT_EQ(noisy[3]->result->failure, IngestFailure::kOverloaded);
  EXPECT_TRUE(noisy[2]->result);
  EXPECT_EQ(metrics_.queue_requests, 4);
}

TEST_F(IngestQueueTest, AKeyHoldsSoManyBytes) {
  IngestQueue queue(metrics_, 100, 10);
  EXPECT_EQ(queue.Push(Job("larger than 10", "a")), IngestFailure::kNone) << "alone, however large";
  EXPECT_EQ(queue.Push(Job("x", "a")), IngestFailure::kKeyOverloaded);
  EXPECT_EQ(queue.Push(Job("12345", "b")), IngestFailure::kNone);
  EXPECT_EQ(queue.Push(Job("12345", "b")), IngestFailure::kNone);
  EXPECT_EQ(queue.Push(Job("1", "b")), IngestFailure::kKeyOverloaded);
  queue.Take(2, 100);
  EXPECT_EQ(queue.Push(Job("1", "b")), IngestFailure::kNone);
}

// Whatever comes and goes, the counts are right and no job is forgotten.
TEST_F(IngestQueueTest, RandomLoadIsAccountedFor) {
  std::minstd_rand random(3);
  std::size_t pushed = 0, done = 0;
  std::vector<std::shared_ptr<IngestJob>> jobs;
  {
    IngestQueue queue(metrics_, 20, 40);
    for (int i = 0; i < 20000; ++i) {
      if (random() % 3 > 0) {
        auto job = Job(std::string(random() % 9, 'x'), std::string(1, static_cast<char>('a' + random() % 5)));
        if (queue.Push(job) == IngestFailure::kNone) ++pushed, jobs.push_back(job);
        if (random() % 50 == 0) job->abandoned = true;
      } else {
        for (const auto& job : queue.Take(random() % 6, random() % 30)) {
          EXPECT_FALSE(job->result);
          job->Finish({IngestFailure::kNone, 202, "{}"});
        }
      }
      EXPECT_LE(metrics_.queue_requests, 20);
    }
  }
  for (const auto& job : jobs) done += job->result || job->abandoned;
  EXPECT_EQ(done, pushed);
  EXPECT_EQ(metrics_.queue_requests, 0);
  EXPECT_EQ(metrics_.queue_bytes, 0);
}

TEST_F(IngestQueueTest, SkipsWhatNobodyWaitsFor) {
  IngestQueue queue(metrics_, 10, 1000);
  auto job = Job("a");
  queue.Push(job);
  job->abandoned = true;
  EXPECT_TRUE(queue.Take(10, 10).empty());
  EXPECT_TRUE(queue.Empty());
}

TEST_F(IngestQueueTest, FailsAllAtOnceAndOnlyOnce) {
  IngestQueue queue(metrics_, 10, 1000);
  auto job = Job("a");
  queue.Push(job);
  queue.FailAll(IngestFailure::kUnavailable);
  job->Finish({IngestFailure::kNone, 202, "{}"});
  EXPECT_EQ(job->result->failure, IngestFailure::kUnavailable);
  EXPECT_TRUE(queue.Empty());
}

TEST_F(IngestQueueTest, JobsGiveBackTheirBytes) {
  {
    auto job = Job("12345");
    EXPECT_EQ(metrics_.buffer_bytes, 5);
  }
  EXPECT_EQ(metrics_.buffer_bytes, 0);
}

TEST_F(IngestQueueTest, TheBudgetIsALimit) {
  BudgetShare one(budget_);
  EXPECT_TRUE(one.Resize(60));
  BudgetShare two(budget_);
  EXPECT_FALSE(two.Resize(41));
  EXPECT_TRUE(two.Resize(40));
  EXPECT_TRUE(one.Resize(10));
  EXPECT_EQ(metrics_.buffer_bytes, 50);
}

TEST(PgArray, IsPostgresBinaryFormat) {
  PgArrayBuilder array(kTextOid, 2, 1);
  array.Add("x");
  array.AddNull();
  const std::string expected(
      "\0\0\0\1"
      "\0\0\0\1"
      "\0\0\0\x19"
      "\0\0\0\2"
      "\0\0\0\1"
      "\0\0\0\1x"
      "\xff\xff\xff\xff",
      29);
  EXPECT_EQ(array.Data(), expected);
}

TEST(PgError, Classes) {
  for (const char* state : {"40001", "40P01"})
    EXPECT_EQ(ClassifySqlState(state), SqlFault::kRetryNow) << state;
  for (const char* state : {"08006", "53100", "53200", "53300", "57P01", "58030", "55P03"})
    EXPECT_EQ(ClassifySqlState(state), SqlFault::kUnavailable) << state;
  EXPECT_EQ(ClassifySqlState("57014"), SqlFault::kTooSlow);
  for (const char* state : {"42P01", "3F000", "42883", "42501", "26000", "25006", "55000"})
    EXPECT_EQ(ClassifySqlState(state), SqlFault::kStoreGone) << state;
  for (const char* state : {"22021", "23505", "XX000", "P0001", "", "4"})
    EXPECT_EQ(ClassifySqlState(state), SqlFault::kRequest) << state;
}

PgResultPtr Rows(const std::vector<std::vector<std::string>>& rows, int columns = 6) {
  PgResultPtr result(PQmakeEmptyPGresult(nullptr, PGRES_TUPLES_OK));
  std::vector<PGresAttDesc> attributes(static_cast<std::size_t>(columns));
  char name[] = "c";
  for (auto& attribute : attributes) attribute.name = name;
  PQsetResultAttrs(result.get(), columns, attributes.data());
  for (int r = 0; r < static_cast<int>(rows.size()); ++r)
    for (int c = 0; c < columns; ++c) {
      std::string value = rows[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)];
      PQsetvalue(result.get(), r, c, value.data(), static_cast<int>(value.size()));
    }
  return result;
}

TEST(IngestBatch, RowsAreReadInOrder) {
  const auto rows =
      ReadIngestRows(Rows({{"1", "202", "{}", "3", "1", "2"}, {"2", "401", "x", "0", "0", "0"}}).get(), 2);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].status, 202U);
  EXPECT_EQ(rows[0].response, "{}");
  EXPECT_EQ(rows[0].accepted, 3);
  EXPECT_EQ(rows[0].rejected, 1);
  EXPECT_EQ(rows[0].duplicates, 2);
  EXPECT_EQ(rows[1].status, 401U);
}

TEST(IngestBatch, AnotherShapeIsNotGuessedAt) {
  const std::vector<std::string> good = {"1", "202", "{}", "0", "0", "0"};
  EXPECT_TRUE(ReadIngestRows(Rows({good}).get(), 2).empty()) << "a row is missing";
  EXPECT_TRUE(ReadIngestRows(Rows({good}, 5).get(), 1).empty());
  EXPECT_TRUE(ReadIngestRows(Rows({{"2", "202", "{}", "0", "0", "0"}}).get(), 1).empty()) << "out of order";
  EXPECT_TRUE(ReadIngestRows(Rows({{"1", "", "{}", "0", "0", "0"}}).get(), 1).empty());
}

TEST_F(IngestQueueTest, ArgumentsHaveOneElementARequest) {
  const IngestArguments arguments({Job("{}", "k"), Job("[]")});
  const auto parameters = arguments.Parameters();
  ASSERT_EQ(parameters.size(), 4U);
  EXPECT_EQ(parameters[0].oid, kByteaArrayOid);
  EXPECT_EQ(parameters[0].data->size(), 20U + 2 * (4 + 2));
  EXPECT_EQ(parameters[1].data->size(), 20U + (4 + 1) + 4) << "a missing key is NULL";
}

}  // namespace
}  // namespace productgraph::sidecar
