// Settings that need no more than a variable.
#pragma once

namespace productgraph::pg {

// productgraph.explain: questions tell by a notice how they are answered. Also read in SQL, by report_path().
extern bool explain_answers;

}  // namespace productgraph::pg
