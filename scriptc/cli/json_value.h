#pragma once

#include <string>

#include "scriptc/model/value.h"

namespace scriptc::cli {

/// JSON text as a Value: null is None, arrays are lists, objects dicts in their order. `what` names the option for
/// messages: `--json-args`. Errors (usage): no JSON, a key twice, too deep, an integer beyond 64 bits.
Value parse_json(const std::string& text, const std::string& what);

}  // namespace scriptc::cli
