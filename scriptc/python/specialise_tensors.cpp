// The specialiser on tensors' methods and torch's functions that Python implements in Python, where ATen has others
// that do the same: `x.type(…)`, `x.norm(dim=1)`, `torch.unique(x)`, `torch.tensordot(a, b, dims=2)`.

#include <algorithm>
#include <functional>
#include <map>

#include "scriptc/model/dtype.h"
#include "scriptc/python/parser.h"
#include "scriptc/python/runtime.h"
#include "scriptc/python/specialiser.h"
#include "scriptc/python/torch_objects.h"

namespace scriptc::python {
namespace {

/// The arguments of one call by parameter: those that are given.
class Given {
 public:
  /// False if something was given that `names` lacks.
  bool read(const std::vector<std::string>& names, const ReducedList& args, const ReducedKeywords& keywords) {
    if (args.size() > names.size()) return false;
    for (std::size_t i = 0; i < args.size(); ++i) given_[names[i]] = &args[i];
    for (const auto& [name, value] : keywords) {
      const bool known = std::find(names.begin(), names.end(), name) != names.end();
      if (!known || !given_.emplace(name, &value).second) return false;
    }
    return true;
  }
  /// Null if it is not given, or is None.
  const Reduced* find(const std::string& name) const {
    const auto found = given_.find(name);
    if (found == given_.end()) return nullptr;
    const Reduced& value = *found->second;
    return value.is_constant() && value.fact.value.is_none() ? nullptr : &value;
  }
  /// A flag that is known; nullopt if it is not.
  std::optional<bool> flag(const std::string& name, bool otherwise) const {
    const Reduced* value = find(name);
    if (!value) return otherwise;
    return value->is_constant() && value->fact.value.is_bool() ? std::optional(value->fact.value.as_bool())
                                                               : std::nullopt;
  }

 private:
  std::map<std::string, const Reduced*> given_;
};

std::shared_ptr<Call> call_of(const ExprPtr& callee, const Span& span) {
  auto call = std::make_shared<Call>();
  call->span = span;
  call->func = callee;
  return call;
}

ExprPtr select(const ExprPtr& base, const std::string& name, const Span& span) {
  auto node = std::make_shared<Attribute>();
  node->span = span;
  node->value = base;
  node->attr = name;
  return node;
}

/// An operator of ATen as a callee.
ExprPtr operator_of(const std::string& name, const ExprPtr& original) {
  auto node = std::make_shared<Resolved>();
  node->value = Value(std::make_shared<OperatorRef>(name));
  node->original = original;
  node->span = original->span;
  return node;
}

ExprPtr list_of(const ExprList& items, const Span& span) {
  auto list = std::make_shared<ListExpr>();
  list->span = span;
  list->elts = items;
  return list;
}

/// `x.norm(p, dim, keepdim)`: over some dimensions the Frobenius norm is that of order 2.
ExprPtr norm_call(const ExprPtr& self, const Given& given, const ExprPtr& original) {
  const Reduced *p = given.find("p"), *dim = given.find("dim"), *keep = given.find("keepdim");
  const bool named = p && p->is_constant() && p->fact.value.is_string();
  if (named && p->fact.value.as_string() != "fro") return nullptr;
  auto call = call_of(operator_of("norm", original), original->span);
  call->args = {self, !p || named ? constant_of(std::int64_t{2}, original->span) : p->expr};
  if (!dim) return keep ? nullptr : call;
  const bool one = dim->is_constant() && dim->fact.value.is_int();
  call->args.push_back(one ? list_of({dim->expr}, original->span) : dim->expr);
  call->args.push_back(keep ? keep->expr : constant_of(false, original->span));
  return call;
}

ExprPtr tensordot_call(const Given& given, const ExprPtr& original) {
  const Reduced *a = given.find("a"), *b = given.find("b"), *dims = given.find("dims");
  if (!a || !b || (dims && !dims->is_constant())) return nullptr;
  const std::int64_t count = !dims ? 2 : dims->fact.value.is_int() ? dims->fact.value.as_int() : -1;
  ExprPtr sides[2];
  if (count >= 0) {
    ExprList last, first;
    for (std::int64_t i = 0; i < count; ++i) {
      auto negative = std::make_shared<UnaryOp>();
      negative->span = original->span;
      negative->op = UnaryOperator::USub;
      negative->operand = constant_of(count - i, original->span);
      last.push_back(negative);
      first.push_back(constant_of(i, original->span));
    }
    sides[0] = list_of(last, original->span);
    sides[1] = list_of(first, original->span);
  } else {
    const Value& pair = dims->fact.value;
    const std::vector<Value>* both = pair.is_tuple() ? &pair.as_tuple() : pair.is_list() ? &pair.as_list() : nullptr;
    if (!both || both->size() != 2) return nullptr;
    for (std::size_t side = 0; side < 2; ++side) {
      const Value& one = (*both)[side];
      if (!one.is_list() && !one.is_tuple()) return nullptr;
      ExprList items;
      for (const Value& item : one.is_list() ? one.as_list() : one.as_tuple()) {
        if (!item.is_int()) return nullptr;
        items.push_back(constant_of(item.as_int(), original->span));
      }
      sides[side] = list_of(items, original->span);
    }
  }
  auto call = call_of(operator_of("tensordot", original), original->span);
  call->args = {a->expr, b->expr, sides[0], sides[1]};
  return call;
}

/// `torch.unique(x, …)` and `torch.unique_consecutive(x, …)`: what they return depends on their flags.
ExprPtr unique_call(const Given& given, bool consecutive, const ExprPtr& original) {
  const Reduced *input = given.find("input"), *dim = given.find("dim");
  const auto sorted = given.flag("sorted", true), inverse = given.flag("return_inverse", false),
             counts = given.flag("return_counts", false);
  if (!input || !sorted || !inverse || !counts) return nullptr;
  const Span& span = original->span;
  const char* const name = consecutive ? "unique_consecutive" : dim ? "unique_dim" : "_unique2";
  auto call = call_of(operator_of(name, original), span);
  call->args = {input->expr};
  if (dim && !consecutive) call->args.push_back(dim->expr);
  if (!consecutive) call->args.push_back(constant_of(*sorted, span));
  for (const bool flag : {*inverse, *counts}) call->args.push_back(constant_of(flag, span));
  if (dim && consecutive) call->args.push_back(dim->expr);
  if (*inverse && *counts) return call;
  auto part = std::make_shared<Subscript>();
  part->span = span;
  part->value = call;
  part->slice = constant_of(std::int64_t{0}, span);
  if (*inverse || *counts) {
    auto slice = std::make_shared<Slice>();
    slice->span = span;
    if (*inverse) slice->upper = constant_of(std::int64_t{2}, span);
    if (*counts) slice->step = constant_of(std::int64_t{2}, span);
    part->slice = slice;
  }
  return part;
}

/// `torch.nonzero(x, as_tuple=True)`, whose result the flag decides.
ExprPtr nonzero_call(const Given& given, const ExprPtr& original) {
  const Reduced* input = given.find("input");
  const auto as_tuple = given.flag("as_tuple", false);
  if (!input || !as_tuple) return nullptr;
  auto call = call_of(operator_of(*as_tuple ? "nonzero_numpy" : "nonzero", original), original->span);
  call->args = {input->expr};
  return call;
}

/// `torch.stft(x, …)` pads unless it is told not to; ATen's function of fewer arguments does not.
ExprPtr stft_call(const ReducedList& args, const ReducedKeywords& keywords, const ExprPtr& original) {
  constexpr std::size_t kCenter = 5;
  bool given = args.size() > kCenter;
  auto call = call_of(operator_of("stft", original), original->span);
  for (const Reduced& arg : args) call->args.push_back(arg.expr);
  for (const auto& [name, value] : keywords) {
    call->keywords.push_back({name == "input" ? "self" : name, value.expr, original->span});
    given = given || name == "center";
  }
  if (given) return nullptr;
  call->keywords.push_back({"center", constant_of(true, original->span), original->span});
  return call;
}

}  // namespace

/// The dtype that an argument of `x.type(…)` names: `torch.float64`, `torch.LongTensor`, `'torch.LongTensor'`.
ExprPtr Specialiser::Impl::dtype_of_type(const Reduced& type, const ExprPtr& original) {
  if (!type.is_constant()) return type.expr;
  const Value& value = type.fact.value;
  if (value.try_as<TorchConstant>()) return type.expr;
  const auto cls = value.try_as<PyClass>();
  if (cls && cls->qualified_name == "torch.Tensor") return dtype_literal(DType::float32, original);
  const auto dtype = legacy_dtype(value);
  return dtype ? dtype_literal(*dtype, original) : nullptr;
}

namespace {

bool is_empty_list(const Reduced& value) {
  const auto* list = as<ListExpr>(value.expr);
  return (list && list->elts.empty()) ||
         (value.is_constant() && value.fact.value.is_list() && value.fact.value.as_list().empty());
}

}  // namespace

/// `torch.LongTensor([1, 2])`, `torch.LongTensor(2, 3)`: of what is given if that is a display, else of that many
/// elements. `make(name, args)`: the call of the function for data (`tensor`) or for sizes (`empty`).
ExprPtr Specialiser::Impl::legacy_tensor(const ReducedList& args, const ExprPtr& original,
                                         const std::function<ExprPtr(const char*, const ExprList&)>& make) {
  if (args.empty() || (args.size() == 1 && is_empty_list(args[0])))
    return make("empty", {list_of({constant_of(std::int64_t{0}, original->span)}, original->span)});
  const ExprPtr& first = args[0].expr;
  const bool is_int = args[0].is_constant() && args[0].fact.value.is_int();
  if (args.size() > 1 || is_int) {
    ExprList sizes;
    for (const Reduced& arg : args) sizes.push_back(arg.expr);
    return make("empty", {list_of(sizes, original->span)});
  }
  const auto* call = as<Call>(first);
  const auto* method = call ? as<Attribute>(call->func) : as<Attribute>(first);
  const bool is_size = method && (call ? method->attr == "size" && call->args.empty() : method->attr == "shape");
  if (is_size) return make("empty", {first});
  const auto* function = call ? as<Name>(call->func) : nullptr;
  if (function && function->id == "range" && !frame_->locals.contains("range")) return make("arange", call->args);
  const bool is_data = as<ListExpr>(first) || as<ListComp>(first) || as<TupleExpr>(first);
  return is_data ? make("tensor", {first}) : nullptr;
}

ExprPtr Specialiser::Impl::dtype_literal(DType dtype, const ExprPtr& original) {
  const DTypeInfo& info = dtype_info(dtype);
  return reify(std::make_shared<TorchConstant>(TorchConstant::Kind::dtype, std::string(info.name),
                                               static_cast<std::int64_t>(dtype)),
               original);
}

/// What stands for a method of a tensor that TorchScript lacks, or null.
ExprPtr Specialiser::Impl::tensor_method(const Attribute& method, const Reduced& self, const ReducedList& args,
                                         const ReducedKeywords& keywords, const ExprPtr& original) {
  if (self.is_constant() || self.fact.is_structure()) return nullptr;
  const Span& span = original->span;
  const auto other = [&](const std::string& name, const ExprList& with) {
    auto call = call_of(select(self.expr, name, span), span);
    call->args = with;
    return call;
  };
  Given given;
  if (method.attr == "norm" && (args.size() + keywords.size()) > 0 &&
      given.read({"p", "dim", "keepdim"}, args, keywords))
    return norm_call(self.expr, given, original);
  if (method.attr == "type" && keywords.empty() && args.size() == 1) {
    const ExprPtr dtype = dtype_of_type(args[0], original);
    return dtype ? ExprPtr(other("to", {dtype})) : nullptr;
  }
  const bool flagged = method.attr == "nonzero" && args.size() + keywords.size() > 0;
  if (method.attr == "stft" || method.attr == "unique" || method.attr == "unique_consecutive" || flagged) {
    ReducedList all{self};
    all.insert(all.end(), args.begin(), args.end());
    return torch_function(Value(std::make_shared<OperatorRef>(method.attr)), all, keywords, original);
  }
  if (!args.empty() || !keywords.empty()) return nullptr;
  if (method.attr == "is_integer") {
    auto rest = node_at<BinOp>(span);
    rest->left = self.expr;
    rest->op = BinaryOperator::Mod;
    rest->right = constant_of(std::int64_t{1}, span);
    auto test = node_at<Compare>(span);
    test->left = rest;
    test->ops = {CompareOperator::Eq};
    test->comparators = {constant_of(std::int64_t{0}, span)};
    return test;
  }
  if (method.attr == "nelement") return other("numel", {});
  if (method.attr == "ndimension") return other("dim", {});
  static const std::map<std::string, DType> kCasts{
      {"bfloat16", DType::bfloat16}, {"cfloat", DType::complex64}, {"cdouble", DType::complex128}};
  const auto cast = kCasts.find(method.attr);
  return cast == kCasts.end() ? nullptr : ExprPtr(other("to", {dtype_literal(cast->second, original)}));
}

/// What stands for a function of torch that ATen has by another signature, or null.
ExprPtr Specialiser::Impl::torch_function(const Value& callee, const ReducedList& args, const ReducedKeywords& keywords,
                                          const ExprPtr& original) {
  const auto op = callee.try_as<OperatorRef>();
  if ((callee.try_as<NativeFunction>() || callee.try_as<PyClass>()) && keywords.empty())
    if (const ExprPtr dtype = dtype_of_type({nullptr, Fact::constant(callee), nullptr}, original))
      return legacy_tensor(args, original, [&](const char* name, const ExprList& with) {
        auto call = call_of(operator_of(name, original), original->span);
        call->args = with;
        call->keywords.push_back({"dtype", dtype, original->span});
        return call;
      });
  const auto native = callee.try_as<NativeFunction>();
  const bool makes_tensor = (native && native->qualified_name == "torch.tensor") || (op && op->name == "as_tensor");
  if (makes_tensor && args.size() == 1 && is_empty_list(args[0])) {
    auto call = call_of(operator_of("empty", original), original->span);
    call->args = {list_of({constant_of(std::int64_t{0}, original->span)}, original->span)};
    for (const auto& [name, value] : keywords) call->keywords.push_back({name, value.expr, original->span});
    return call;
  }
  if (!op) return nullptr;
  Given given;
  if (op->name == "norm" && given.read({"input", "p", "dim", "keepdim"}, args, keywords) && given.find("input"))
    return norm_call(given.find("input")->expr, given, original);
  if (op->name == "stft") return stft_call(args, keywords, original);
  if (op->name == "tensordot" && given.read({"a", "b", "dims"}, args, keywords)) return tensordot_call(given, original);
  if (op->name == "unique" && given.read({"input", "sorted", "return_inverse", "return_counts", "dim"}, args, keywords))
    return unique_call(given, false, original);
  if (op->name == "unique_consecutive" &&
      given.read({"input", "return_inverse", "return_counts", "dim"}, args, keywords))
    return unique_call(given, true, original);
  if (op->name == "nonzero" && given.read({"input", "as_tuple"}, args, keywords)) return nonzero_call(given, original);
  // Python makes a tensor of bools of it, TorchScript one of ints.
  const bool of_bool = op->name == "full" && args.size() == 2 && args[1].is_constant() && args[1].fact.value.is_bool();
  const bool typed =
      std::any_of(keywords.begin(), keywords.end(), [](const auto& one) { return one.first == "dtype"; });
  if (of_bool && !typed) {
    auto call = call_of(operator_of("full", original), original->span);
    call->args = {args[0].expr, constant_of(std::int64_t{args[1].fact.value.as_bool()}, original->span)};
    for (const auto& [name, value] : keywords) call->keywords.push_back({name, value.expr, original->span});
    call->keywords.push_back({"dtype", dtype_literal(DType::boolean, original), original->span});
    return call;
  }
  return nullptr;
}

namespace {

/// `lengths.tolist()` as lengths of sequences, which may be a tensor as well: the list's type is nowhere said.
ExprPtr lengths_as_tensor(const PyFunction& function, std::size_t position, const std::string& keyword,
                          const ExprPtr& arg) {
  if (function.qualified_name != "torch.nn.utils.rnn.pack_padded_sequence") return nullptr;
  const auto* call = as<Call>(arg);
  const auto* method = call && call->args.empty() && call->keywords.empty() ? as<Attribute>(call->func) : nullptr;
  if (!method || (method->attr != "tolist" && method->attr != "numpy")) return nullptr;
  if (keyword.empty() ? position != 1 : keyword != "lengths") return nullptr;
  auto on_cpu = copy_of(*call);
  auto name = copy_of(*method);
  name->attr = "cpu";
  on_cpu->func = name;
  return on_cpu;
}

}  // namespace

/// The library's functions say float where Python lets an int pass: `F.interpolate(x, scale_factor=2)`. In user
/// functions an int stays one, for it may decide the type of a result.
Reduced Specialiser::Impl::as_declared(const Value& callee, std::size_t position, const std::string& keyword,
                                       const Reduced& arg) {
  const auto function = callee.try_as<PyFunction>();
  if (const ExprPtr lengths = function ? lengths_as_tensor(*function, position, keyword, arg.expr) : nullptr)
    return {lengths, {}, nullptr};
  if (!function || !arg.is_constant() || !function->qualified_name.starts_with("torch.")) return arg;
  const std::function<std::optional<Value>(const Value&)> as_float = [&](const Value& value) -> std::optional<Value> {
    if (value.is_float()) return value;
    if (value.is_int()) return Value(static_cast<double>(value.as_int()));
    if (!value.is_list() && !value.is_tuple()) return std::nullopt;
    std::vector<Value> items;
    for (const Value& item : value.is_list() ? value.as_list() : value.as_tuple()) {
      const auto one = as_float(item);
      if (!one) return std::nullopt;
      items.push_back(*one);
    }
    return value.is_list() ? Value::list(std::move(items)) : Value::tuple(std::move(items));
  };
  const auto& parameters = function->args().args;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (keyword.empty() ? i != position : parameters[i].arg != keyword) continue;
    const std::string type = parameters[i].annotation ? unparse(parameters[i].annotation) : "";
    if (type.find("float") == std::string::npos || type.find("int") != std::string::npos) return arg;
    const auto converted = as_float(arg.fact.value);
    if (!converted || is_same_constant(*converted, arg.fact.value)) return arg;
    return {reify(*converted, arg.expr), Fact::constant(*converted), nullptr};
  }
  return arg;
}

}  // namespace scriptc::python
