#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "scriptc/model/value.h"

namespace scriptc::cli {

/// JSON text as a Value: null is None, arrays are lists, objects dicts in their order. `what` names the option for
/// messages: `--json-args`. Errors (usage): no JSON, a key twice, too deep, an integer beyond 64 bits.
Value parse_json(const std::string& text, const std::string& what);

/// The reverse. What JSON lacks (inf, nan, tensors) is given as text, tuples as arrays.
nlohmann::ordered_json value_json(const Value& value);

}  // namespace scriptc::cli
