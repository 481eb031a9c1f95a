#pragma once

#include <string>
#include <utility>
#include <vector>

#include "scriptc/model/value.h"

namespace scriptc::python {

/// The `type` of a tuple fresh from the back end whose items its operator names: the evaluator makes a class of it.
class ResultFields : public Object {
 public:
  explicit ResultFields(std::vector<std::string> n) : names(std::move(n)) {}
  std::string type_name() const override { return "tuple"; }
  std::vector<std::string> names;  ///< `values`, `indices`
};

}  // namespace scriptc::python
