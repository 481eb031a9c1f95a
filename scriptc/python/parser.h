#pragma once

#include <memory>
#include <string>

#include "scriptc/python/ast.h"

namespace scriptc::python {

/// Parses a whole file of Python 3.11. Nesting is capped (Error cap); never reads beyond the source.
/// Errors (bad_input): `FILE:LINE:COLUMN: sentence` with source line and caret.
std::shared_ptr<const ModuleNode> parse_module(SourcePtr source);

/// Parses one expression, as `eval` would: `ResNet(Bottleneck, [3, 4, 6, 3])`.
ExprPtr parse_expression(SourcePtr source);

/// `ast.dump(tree, include_attributes=…)` of CPython 3.11: the same text for the same source.
std::string ast_dump(const ModuleNode& module, bool include_attributes = false);

/// The expression as `ast.unparse` would print it (for messages, f-string debug text and signatures).
std::string unparse(const ExprPtr& expr);

}  // namespace scriptc::python
