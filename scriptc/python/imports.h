#pragma once

#include <string>

#include "scriptc/python/interpreter.h"

namespace scriptc::python {

/// The dotted name of a file: its stem below the packages (folders with `__init__.py`) that it lies in.
std::string dotted_name_of(const std::string& path);

}  // namespace scriptc::python
