#include "event_queue.hpp"

#include <gtest/gtest.h>

namespace productgraph {
namespace {

const std::chrono::steady_clock::time_point kNow;

std::string Names(const Batch& batch) {
  std::string names;
  for (const QueuedEvent& event : batch.events) names += event.json;
  return names;
}

EventQueue QueueOf(const std::string& names, const QueueLimits& limits) {
  EventQueue queue(limits);
  for (const char name : names) queue.Add(std::string(1, name), kNow);
  return queue;
}

TEST(EventQueue, TakesBatchesInOrder) {
  EventQueue queue = QueueOf("abcde", {100, 2, 1000});
  EXPECT_TRUE(queue.HasBatch());
  EXPECT_EQ(Names(queue.Take()), "ab");
  EXPECT_EQ(Names(queue.Take()), "cd");
  EXPECT_FALSE(queue.HasBatch());
  EXPECT_EQ(Names(queue.Take()), "e");
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.next_number(), 5u);
}

TEST(EventQueue, BodiesStayBelowTheirLimit) {
  EventQueue queue({100, 50, 100});
  for (int i = 0; i < 10; ++i) queue.Add(std::string(30, 'x'), kNow);
  EXPECT_TRUE(queue.HasBatch());
  while (!queue.empty()) EXPECT_LE(BatchBody(queue.Take()).size(), 100u);
}

TEST(EventQueue, AnEventLargerThanABodyGoesAlone) {
  EventQueue queue({100, 50, 10});
  queue.Add(std::string(30, 'x'), kNow);
  queue.Add("y", kNow);
  EXPECT_EQ(queue.Take().events.size(), 1u);
  EXPECT_EQ(Names(queue.Take()), "y");
}

TEST(EventQueue, WhatReturnsIsTakenAsItWas) {
  EventQueue queue = QueueOf("abcde", {100, 3, 1000});
  Batch batch = queue.Take();
  ++batch.failures;
  queue.PutBack(std::move(batch));
  queue.Add("f", kNow);
  batch = queue.Take();
  EXPECT_EQ(Names(batch), "abc");
  EXPECT_EQ(batch.failures, 1);
  queue.PutBackHalves(std::move(batch));
  EXPECT_EQ(Names(queue.Take()), "a");
  EXPECT_EQ(Names(queue.Take()), "bc");
  batch = queue.Take();
  EXPECT_EQ(Names(batch), "def");
  EXPECT_EQ(batch.failures, 0);
}

TEST(EventQueue, DropsTheOldestOfWhatReturnedFirst) {
  EventQueue queue = QueueOf("abc", {5, 3, 1000});
  Batch batch = queue.Take();
  for (const char* name : {"d", "e", "f"}) EXPECT_EQ(queue.Add(name, kNow), 0u);
  EXPECT_EQ(queue.PutBack(std::move(batch)), 1u);
  EXPECT_EQ(Names(queue.Take()), "bc");
  batch = queue.Take();
  EXPECT_EQ(Names(batch), "def");
  queue.PutBackHalves(std::move(batch));
  for (const char* name : {"g", "h"}) EXPECT_EQ(queue.Add(name, kNow), 0u);
  EXPECT_EQ(queue.Add("i", kNow), 1u);  // d, a half of its own
  EXPECT_EQ(Names(queue.Take()), "ef");
  EXPECT_EQ(Names(queue.Take()), "ghi");
}

TEST(EventQueue, ClearForgetsWhatReturned) {
  EventQueue queue = QueueOf("abc", {5, 3, 1000});
  queue.PutBack(queue.Take());
  EXPECT_EQ(queue.Clear(), 3u);
  queue.Add("d", kNow);
  EXPECT_FALSE(queue.HasBatch());
  EXPECT_EQ(Names(queue.Take()), "d");
}

}  // namespace
}  // namespace productgraph
