#include "maintainer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace productgraph::sidecar {
namespace {

MaintenanceReport Read(const std::vector<std::pair<std::string, std::string>>& rows) {
  const PgResultPtr result(PQmakeEmptyPGresult(nullptr, PGRES_TUPLES_OK));
  PGresAttDesc columns[2] = {};
  char task[] = "task";
  char done[] = "done";
  columns[0].name = task;
  columns[1].name = done;
  EXPECT_EQ(PQsetResultAttrs(result.get(), 2, columns), 1);
  for (int i = 0; i < static_cast<int>(rows.size()); ++i) {
    auto [first, second] = rows[static_cast<std::size_t>(i)];
    PQsetvalue(result.get(), i, 0, first.data(), static_cast<int>(first.size()));
    PQsetvalue(result.get(), i, 1, second.data(), static_cast<int>(second.size()));
  }
  return ReadMaintenance(result.get());
}

TEST(Maintainer, ReadsWhatMaintainReturns) {
  const MaintenanceReport report = Read({{"events packed", "5000000000"},
                                         {"a task of a newer version", "7"},
                                         {"tasks failed", "2"},
                                         {"tasks left unfinished", "1"}});
  EXPECT_EQ(report.packed, 5000000000);
  EXPECT_EQ(report.failed, 2);
  EXPECT_EQ(report.unfinished, 1);
  EXPECT_FALSE(report.left_to_another);
  EXPECT_TRUE(Read({{"left to another session", "1"}}).left_to_another);
  EXPECT_EQ(Read({}).unfinished, 0);
}

TEST(Maintainer, MetricsAreThereOnlyWhereItIsOn) {
  Metrics metrics;
  EXPECT_EQ(metrics.Print("").find("maintain"), std::string::npos);
  metrics.maintains = true;
  metrics.CountMaintenance(MaintenanceResult::kBusy);
  EXPECT_NE(metrics.Print("").find("productgraph_sidecar_maintain_runs_total{result=\"busy\"} 1\n"),
            std::string::npos);
  EXPECT_NE(metrics.Print("").find("productgraph_sidecar_maintain_runs_total{result=\"unreachable\"} 0\n"),
            std::string::npos);
}

}  // namespace
}  // namespace productgraph::sidecar
