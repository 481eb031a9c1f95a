#pragma once

#include <set>
#include <string>

#include "scriptc/python/ast.h"

namespace scriptc::python {

/// What the body of a function binds, found before it runs: Python decides the scope of a name for the whole body.
struct FunctionInfo {
  std::set<std::string, std::less<>> locals;  ///< without parameters
  std::set<std::string, std::less<>> globals;
  std::set<std::string, std::less<>> nonlocals;
  bool is_generator = false;
  bool makes_closures = false;  ///< defines functions or classes: its variables may outlive the call
};

FunctionInfo analyse(const FunctionDef& def);
FunctionInfo analyse(const Lambda& lambda);

}  // namespace scriptc::python
