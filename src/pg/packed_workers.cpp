#include "src/pg/packed_workers.hpp"

#include <cstring>
#include <vector>

#include "src/pg/settings.hpp"

namespace productgraph::pg {
namespace {

// Of what the shared memory of a question holds.
enum TableKey : uint64 {
  kSharedKey,
  kProjectKey,
  kWeeksKey,
  kSpecKey,
  kMeaningsKey,
  kKindValuesKey,
  kRepeatedKey,
  kLooseEndsKey,
  kLooseKey,
  kQueuesKey,
};

constexpr Size kQueueSize = 256 * 1024;

// An array in shared memory: how many, and from the next multiple of 16 bytes on the values.
template <class Values>
Size SharedSize(const Values& values) {
  return 16 + sizeof(values[0]) * values.size();
}

template <class Values>
void Share(shm_toc* table, TableKey key, const Values& values) {
  auto* const block = static_cast<char*>(shm_toc_allocate(table, SharedSize(values)));
  const std::uint64_t count = values.size();
  memcpy(block, &count, sizeof(count));
  if (count > 0) memcpy(block + 16, values.data(), sizeof(values[0]) * count);
  shm_toc_insert(table, key, block);
}

template <class T>
std::span<const T> Shared(shm_toc* table, TableKey key) {
  const auto* const block = static_cast<const char*>(shm_toc_lookup(table, key, false));
  std::uint64_t count;
  memcpy(&count, block, sizeof(count));
  return {reinterpret_cast<const T*>(block + 16), count};
}

void Estimate(shm_toc_estimator* estimator, const QuestionParts& parts, int workers) {
  const Size sizes[] = {sizeof(SharedQuestion),
                        SharedSize(parts.project),
                        SharedSize(parts.weeks),
                        SharedSize(parts.spec),
                        SharedSize(parts.meanings),
                        SharedSize(parts.kind_values),
                        SharedSize(parts.repeated_sessions),
                        SharedSize(parts.loose_ends),
                        SharedSize(parts.loose),
                        kQueueSize * static_cast<Size>(workers)};
  for (const Size size : sizes) {
    shm_toc_estimate_chunk(estimator, size);
    shm_toc_estimate_keys(estimator, 1);
  }
}

QuestionParts PartsIn(shm_toc* table) {
  QuestionParts parts;
  parts.shared = static_cast<SharedQuestion*>(shm_toc_lookup(table, kSharedKey, false));
  const std::span<const char> project = Shared<char>(table, kProjectKey);
  parts.project = {project.data(), project.size()};
  parts.weeks = Shared<TimestampTz>(table, kWeeksKey);
  parts.spec = Shared<std::uint8_t>(table, kSpecKey);
  parts.meanings = Shared<core::EventMeaning>(table, kMeaningsKey);
  parts.kind_values = Shared<core::EventValue>(table, kKindValuesKey);
  parts.repeated_sessions = Shared<std::uint64_t>(table, kRepeatedKey);
  parts.loose_ends = Shared<std::uint64_t>(table, kLooseEndsKey);
  parts.loose = Shared<std::uint8_t>(table, kLooseKey);
  return parts;
}

void FillTable(shm_toc* table, const QuestionParts& parts, int workers) {
  auto* const shared = static_cast<SharedQuestion*>(shm_toc_allocate(table, sizeof(SharedQuestion)));
  memcpy(shared, parts.shared, sizeof(*shared));
  pg_atomic_init_u32(&shared->next_shard, 0);
  shm_toc_insert(table, kSharedKey, shared);
  Share(table, kProjectKey, parts.project);
  Share(table, kWeeksKey, parts.weeks);
  Share(table, kSpecKey, parts.spec);
  Share(table, kMeaningsKey, parts.meanings);
  Share(table, kKindValuesKey, parts.kind_values);
  Share(table, kRepeatedKey, parts.repeated_sessions);
  Share(table, kLooseEndsKey, parts.loose_ends);
  Share(table, kLooseKey, parts.loose);
  auto* const queues = static_cast<char*>(shm_toc_allocate(table, kQueueSize * static_cast<Size>(workers)));
  for (int i = 0; i < workers; ++i)
    shm_mq_set_receiver(shm_mq_create(queues + kQueueSize * static_cast<Size>(i), kQueueSize), MyProc);
  shm_toc_insert(table, kQueuesKey, queues);
}

shm_mq* QueueOf(shm_toc* table, int worker) {
  auto* const queues = static_cast<char*>(shm_toc_lookup(table, kQueuesKey, false));
  return reinterpret_cast<shm_mq*>(queues + kQueueSize * static_cast<Size>(worker));
}

void AddFindings(ParallelContext* workers, core::PackedQuestion* question) {
  for (int i = 0; i < workers->nworkers_launched; ++i) {
    shm_mq_handle* const queue =
        shm_mq_attach(QueueOf(workers->toc, i), workers->seg, workers->worker[i].bgwhandle);
    Size size;
    void* data;
    if (shm_mq_receive(queue, &size, &data, false) != SHM_MQ_SUCCESS) {
      // It failed: its error comes with the interrupt, or when it is waited for.
      CHECK_FOR_INTERRUPTS();
      WaitForParallelWorkersToFinish(workers);
      ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("a parallel worker ended without an answer")));
    }
    Compute([&] { question->AddPartial({static_cast<const std::uint8_t*>(data), size}); });
    shm_mq_detach(queue);
  }
}

}  // namespace

core::PackedQuestion* AnswerInParallel(const QuestionParts& parts, int workers) {
  if (workers < 1) return AnswerShards(parts);
  EnterParallelMode();
  ParallelContext* const context =
      CreateParallelContext("productgraph", "productgraph_answer_worker", workers);
  Estimate(&context->estimator, parts, workers);
  InitializeParallelDSM(context);
  QuestionParts ours = parts;
  if (context->seg) {
    FillTable(context->toc, parts, workers);
    ours.shared = PartsIn(context->toc).shared;
    LaunchParallelWorkers(context);
    if (context->nworkers_launched > 0)
      ereport(explain_answers ? NOTICE : DEBUG1, (errmsg("parallel workers help to read segments")));
  }
  core::PackedQuestion* const question = AnswerShards(ours);
  if (context->nworkers_launched > 0) AddFindings(context, question);
  WaitForParallelWorkersToFinish(context);
  DestroyParallelContext(context);
  ExitParallelMode();
  return question;
}

}  // namespace productgraph::pg

using namespace productgraph;
using namespace productgraph::pg;

// What a worker runs. It has the leader's snapshot, role, settings and organization.
extern "C" __attribute__((visibility("default"))) void productgraph_answer_worker(dsm_segment* segment,
                                                                                  shm_toc* table);

void productgraph_answer_worker(dsm_segment* segment, shm_toc* table) {
  shm_mq* const queue = QueueOf(table, ParallelWorkerNumber);
  shm_mq_set_sender(queue, MyProc);
  shm_mq_handle* const leader = shm_mq_attach(queue, segment, nullptr);
  const MemoryContext context = CurrentMemoryContext;
  if (SPI_connect() != SPI_OK_CONNECT) elog(ERROR, "SPI_connect failed");
  MemoryContextSwitchTo(context);
  core::PackedQuestion* const question = AnswerShards(PartsIn(table));
  SPI_finish();
  auto* const memory = NewIn<MemoryContextResource>(CurrentMemoryContext, CurrentMemoryContext);
  auto* const bytes = NewIn<std::pmr::vector<std::uint8_t>>(CurrentMemoryContext, memory);
  Compute([&] { question->WritePartial(bytes); });
  shm_mq_send(leader, bytes->size(), bytes->data(), false, true);
  shm_mq_detach(leader);
}
