#include "src/pg/row_stream.hpp"

#include "src/pg/boundary.hpp"

namespace productgraph::pg {
namespace {

struct Receiver : DestReceiver {
  TakeRow take;
  void* state;
  MemoryContext row_context;
};

bool Receive(TupleTableSlot* row, DestReceiver* self) {
  auto* const receiver = static_cast<Receiver*>(self);
  const MemoryContext caller = MemoryContextSwitchTo(receiver->row_context);
  slot_getallattrs(row);
  const bool goes_on = receiver->take(row, receiver->state);
  MemoryContextSwitchTo(caller);
  MemoryContextReset(receiver->row_context);
  return goes_on;
}

void Start(DestReceiver*, int, TupleDesc) {}
void End(DestReceiver*) {}

}  // namespace

void StreamRows(const char* query, std::span<const QueryParameter> parameters, TakeRow take, void* state) {
  Receiver receiver;
  receiver.receiveSlot = Receive;
  receiver.rStartup = Start;
  receiver.rShutdown = receiver.rDestroy = End;
  receiver.mydest = DestTuplestore;
  receiver.take = take;
  receiver.state = state;
  receiver.row_context = AllocSetContextCreate(CurrentMemoryContext, "streamed row", ALLOCSET_SMALL_SIZES);
  SPIExecuteOptions options = {};
  options.params = makeParamList(static_cast<int>(parameters.size()));
  for (std::size_t i = 0; i < parameters.size(); ++i)
    options.params->params[i] = {parameters[i].value, false, PARAM_FLAG_CONST, parameters[i].type};
  options.dest = &receiver;
  const int result = SPI_execute_extended(query, &options);
  if (result != SPI_OK_SELECT) elog(ERROR, "\"%s\": %s", query, SPI_result_code_string(result));
  MemoryContextDelete(receiver.row_context);
}

}  // namespace productgraph::pg
