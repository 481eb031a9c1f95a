// Calls for which others stand: spellings of what compiled code has under one name.

#include "scriptc/python/runtime.h"
#include "scriptc/python/specialiser.h"

namespace scriptc::python {

ExprPtr plainer_call(const Call& node) {
  if (node.args.size() != 1 || !node.keywords.empty()) return nullptr;
  const auto* method = as<Attribute>(node.func);
  if (method && method->attr == "__getattr__" && as<Name>(method->value))
    return call_to("getattr", {method->value, node.args[0]}, node.span);
  const auto* function = as<Name>(node.func);
  const auto* generator = function && function->id == "next" ? as<GeneratorExp>(node.args[0]) : nullptr;
  if (!generator || generator->generators.size() != 1 || !generator->generators[0].ifs.empty()) return nullptr;
  const auto* item = as<Name>(generator->elt);
  const auto* target = as<Name>(generator->generators[0].target);
  if (!item || !target || item->id != target->id) return nullptr;
  return call_to("next", {call_to("iter", {generator->generators[0].iter}, node.span)}, node.span);
}

/// `dict()` starts as `{}` does, and `torch.Size([…])` is a list to all that compiled code does with it.
std::optional<Reduced> Specialiser::Impl::empty_display(const Reduced& callee, const Call& node) {
  if (!callee.is_constant() || !node.keywords.empty()) return std::nullopt;
  const std::string name = builtin_name(callee.fact.value);
  const auto cls = callee.fact.value.try_as<PyClass>();
  const std::string qualified = cls ? cls->qualified_name : "";
  if (node.args.empty() && (name == "dict" || qualified == "collections.OrderedDict"))
    return reduce(node_at<DictExpr>(node.span));
  if (node.args.empty() && name == "list") return reduce(node_at<ListExpr>(node.span));
  const bool is_size = qualified == "torch.Size" && node.args.size() == 1;
  return is_size && as<ListExpr>(node.args[0]) ? std::optional(reduce(node.args[0])) : std::nullopt;
}

}  // namespace scriptc::python
