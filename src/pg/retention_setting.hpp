// productgraph.retention_days: how long events of projects that do not say are kept.
#pragma once

namespace productgraph::pg {

// To be called once, when the library is loaded.
void DefineRetentionSetting();

}  // namespace productgraph::pg
