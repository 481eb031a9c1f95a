#include <algorithm>
#include <cmath>

#include "scriptc/model/text.h"
#include "scriptc/python/interpreter.h"
#include "scriptc/python/parser.h"
#include "scriptc/python/residual.h"
#include "scriptc/python/strings.h"

namespace scriptc::python {

std::string Interpreter::private_name(const Frame& f, const std::string& name) {
  if (name.size() < 3 || name[0] != '_' || name[1] != '_' || name.ends_with("__") || f.class_name.empty()) return name;
  const std::size_t start = f.class_name.find_first_not_of('_');
  return start == std::string::npos ? name : "_" + f.class_name.substr(start) + name;
}

Value Interpreter::eval(Frame& f, const ExprPtr& pointer) {
  const Expr& expr = *pointer;
  switch (expr.kind) {
    case ExprKind::Constant:
      return eval_constant(static_cast<const Constant&>(expr));
    case ExprKind::Name: {
      f.at = &expr.span;
      const auto& name = static_cast<const Name&>(expr).id;
      return load_name(f, private_name(f, name));
    }
    case ExprKind::Attribute: {
      const auto& node = static_cast<const Attribute&>(expr);
      const Value object = eval(f, node.value);
      f.at = &expr.span;
      return get_attribute(object, private_name(f, node.attr));
    }
    case ExprKind::Call:
      return eval_call(f, static_cast<const Call&>(expr));
    case ExprKind::BinOp: {
      const auto& node = static_cast<const BinOp&>(expr);
      const Value left = eval(f, node.left);
      const Value right = eval(f, node.right);
      f.at = &expr.span;
      return binary(node.op, left, right);
    }
    case ExprKind::UnaryOp: {
      const auto& node = static_cast<const UnaryOp&>(expr);
      const Value operand = eval(f, node.operand);
      f.at = &expr.span;
      return unary(node.op, operand);
    }
    case ExprKind::BoolOp:
      return eval_bool(f, static_cast<const BoolOp&>(expr));
    case ExprKind::Compare:
      return eval_compare(f, static_cast<const Compare&>(expr));
    case ExprKind::IfExp: {
      const auto& node = static_cast<const IfExp&>(expr);
      return truth(eval(f, node.test)) ? eval(f, node.body) : eval(f, node.orelse);
    }
    case ExprKind::Subscript: {
      const auto& node = static_cast<const Subscript&>(expr);
      const Value object = eval(f, node.value);
      const Value key = eval(f, node.slice);
      f.at = &expr.span;
      return get_item(object, key);
    }
    case ExprKind::Slice: {
      const auto& node = static_cast<const Slice&>(expr);
      auto slice = std::make_shared<SliceObject>();
      if (node.lower) slice->lower = eval(f, node.lower);
      if (node.upper) slice->upper = eval(f, node.upper);
      if (node.step) slice->step = eval(f, node.step);
      return slice;
    }
    case ExprKind::ListExpr:
      return Value::list(eval_elements(f, static_cast<const ListExpr&>(expr).elts));
    case ExprKind::TupleExpr:
      return Value::tuple(eval_elements(f, static_cast<const TupleExpr&>(expr).elts));
    case ExprKind::SetExpr: {
      auto set = std::make_shared<SetObject>();
      for (const Value& item : eval_elements(f, static_cast<const SetExpr&>(expr).elts)) set->add(item);
      return set;
    }
    case ExprKind::DictExpr:
      return eval_dict(f, static_cast<const DictExpr&>(expr));
    case ExprKind::Lambda:
      return make_function(f, nullptr, std::static_pointer_cast<const Lambda>(pointer));
    case ExprKind::NamedExpr: {
      const auto& node = static_cast<const NamedExpr&>(expr);
      const Value value = eval(f, node.value);
      const std::string& name = static_cast<const Name&>(*node.target).id;
      if (!f.in_comprehension)
        store_name(f, name, value);
      else if (f.outer)
        f.outer->names.set(name, value);
      else
        f.module->globals.set(name, value);
      return value;
    }
    case ExprKind::JoinedStr:
      return eval_joined(f, static_cast<const JoinedStr&>(expr));
    case ExprKind::FormattedValue:
      return eval_formatted(f, static_cast<const FormattedValue&>(expr));
    case ExprKind::ListComp:
    case ExprKind::SetComp:
    case ExprKind::DictComp:
    case ExprKind::GeneratorExp:
      return eval_comprehension(f, pointer);
    case ExprKind::Yield:
    case ExprKind::YieldFrom:
      return eval_yield(f, expr);
    case ExprKind::Starred:
      f.at = &expr.span;
      raise("SyntaxError", "can't use starred expression here");
    case ExprKind::Await:
      f.at = &expr.span;
      raise("SyntaxError", "'await' is not supported");
    case ExprKind::Resolved:
      return static_cast<const Resolved&>(expr).value;
  }
  throw Error(ErrorKind::internal, "an expression of unknown kind");
}

Value Interpreter::eval_constant(const Constant& node) {
  struct Visitor {
    Interpreter& in;
    Value operator()(NoneLiteral) const { return Value(); }
    Value operator()(EllipsisLiteral) const { return in.ellipsis; }
    Value operator()(bool b) const { return b; }
    Value operator()(std::int64_t i) const { return i; }
    Value operator()(const BigInt& big) const {
      in.raise("OverflowError", "int " + (big.digits.size() > 40 ? big.digits.substr(0, 40) + "..." : big.digits) +
                                    " does not fit in 64 bits");
    }
    Value operator()(double d) const { return d; }
    Value operator()(const std::complex<double>& c) const {
      return std::make_shared<ComplexObject>(c.real(), c.imag());
    }
    Value operator()(const std::string& s) const { return s; }
    Value operator()(const Bytes& b) const { return std::make_shared<BytesObject>(b.bytes); }
  };
  return std::visit(Visitor{*this}, node.value);
}

std::vector<Value> Interpreter::eval_elements(Frame& f, const ExprList& elts) {
  std::vector<Value> items;
  items.reserve(elts.size());
  for (const ExprPtr& elt : elts) {
    if (const auto* starred = as<Starred>(elt)) {
      const Value value = eval(f, starred->value);
      f.at = &starred->span;
      for (Value& item : to_vector(value)) items.push_back(std::move(item));
    } else {
      items.push_back(eval(f, elt));
    }
  }
  charge(items.size() * sizeof(Value));
  return items;
}

Value Interpreter::eval_dict(Frame& f, const DictExpr& node) {
  const Value result = Value::dict();
  DictValue& dict = result.as_dict();
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    if (node.keys[i]) {
      const Value key = eval(f, node.keys[i]);
      dict.set(key, eval(f, node.values[i]));
      continue;
    }
    const Value mapping = eval(f, node.values[i]);
    f.at = &node.values[i]->span;
    if (!find_attribute(mapping, "keys")) raise("TypeError", quote(mapping.type_name()) + " object is not a mapping");
    for (const Value& key : to_vector(call_method(mapping, "keys"))) dict.set(key, get_item(mapping, key));
  }
  charge(dict.size() * 4 * sizeof(Value));
  return result;
}

Value Interpreter::eval_bool(Frame& f, const BoolOp& node) {
  Value value;
  for (const ExprPtr& operand : node.values) {
    value = eval(f, operand);
    if (operand == node.values.back()) break;
    f.at = &operand->span;
    if (truth(value) == (node.op == BoolOperator::Or)) break;
  }
  return value;
}

Value Interpreter::eval_compare(Frame& f, const Compare& node) {
  Value left = eval(f, node.left);
  Value result = true;
  for (std::size_t i = 0; i < node.ops.size(); ++i) {
    Value right = eval(f, node.comparators[i]);
    f.at = &node.span;
    result = compare_value(node.ops[i], left, right);
    if (i + 1 < node.ops.size() && !truth(result)) return result;
    left = std::move(right);
  }
  return result;
}

void Interpreter::eval_arguments(Frame& f, const Call& node, Args& args, Kwargs& kwargs) {
  args = eval_elements(f, node.args);
  for (const Keyword& keyword : node.keywords) {
    const Value value = eval(f, keyword.value);
    if (!keyword.arg.empty()) {
      kwargs.emplace_back(keyword.arg, value);
      continue;
    }
    f.at = &keyword.value->span;
    if (!find_attribute(value, "keys"))
      raise("TypeError", "argument after ** must be a mapping, not " + value.type_name());
    for (const Value& key : to_vector(call_method(value, "keys"))) {
      if (!key.is_string()) raise("TypeError", "keywords must be strings");
      for (const auto& [name, ignored] : kwargs)
        if (name == key.as_string()) raise("TypeError", "got multiple values for keyword argument " + quote(name));
      kwargs.emplace_back(key.as_string(), get_item(value, key));
    }
  }
}

Value Interpreter::eval_call(Frame& f, const Call& node) {
  const Value callable = eval(f, node.func);
  Args args;
  Kwargs kwargs;
  eval_arguments(f, node, args, kwargs);
  f.at = &node.span;
  // `super()` is the one call that looks at its caller's variables.
  if (args.empty() && kwargs.empty() && callable.is_object() && callable.as_object() == types.super)
    return make_super(f);
  return call(callable, args, kwargs);
}

Value Interpreter::eval_joined(Frame& f, const JoinedStr& node) {
  std::string text;
  for (const ExprPtr& part : node.values) {
    if (const auto* constant = as<Constant>(part))
      text += std::get<std::string>(constant->value);
    else
      text += eval(f, part).as_string();
  }
  charge(text.size());
  return text;
}

Value Interpreter::eval_formatted(Frame& f, const FormattedValue& node) {
  Value value = eval(f, node.value);
  f.at = &node.span;
  if (node.conversion == 's') value = str(value);
  if (node.conversion == 'r') value = repr(value);
  if (node.conversion == 'a') value = to_ascii(repr(value));
  const std::string spec = node.format_spec ? eval(f, node.format_spec).as_string() : "";
  return format(value, spec);
}

// --- names

const Value& Interpreter::force(Value& slot) {
  if (!slot.is_object()) return slot;
  const auto lazy = slot.try_as<LazyImport>();
  if (!lazy) return slot;
  std::optional<Value> value;
  if (!lazy->resolving) {
    struct Resolving {
      explicit Resolving(bool& f) : flag(f) { flag = true; }
      ~Resolving() { flag = false; }
      bool& flag;
    } const guard(lazy->resolving);
    value = module_attribute(*lazy->module, lazy->name);
  }
  if (!value)
    if (const auto submodule = find_submodule(*lazy->module, lazy->name)) value = Value(submodule);
  if (!value && lazy->module->is_embedded)
    value = make_opaque(lazy->module->name + "." + lazy->name, "it is not part of the " + quote(lazy->module->name) +
                                                                   " that is built in; imported at " + lazy->where);
  if (!value)
    raise("ImportError", "cannot import name " + quote(lazy->name) + " from " + quote(lazy->module->name),
          did_you_mean(lazy->name, lazy->module->globals.names()));
  return slot = *value;
}

std::optional<Value> Interpreter::find_name(Frame& f, const std::string& name) {
  if (f.class_names != nullptr)
    if (Value* value = f.class_names->find(name)) return Value(force(*value));
  const bool skip_locals = f.info != nullptr && f.info->globals.find(name) != f.info->globals.end();
  if (f.scope && !skip_locals) {
    if (Value* value = f.scope->names.find(name)) return Value(force(*value));
    if (f.info != nullptr && f.info->locals.find(name) != f.info->locals.end())
      raise("UnboundLocalError",
            "cannot access local variable " + quote(name) + " where it is not associated with a value");
    for (Scope* scope = f.scope->parent.get(); scope != nullptr; scope = scope->parent.get())
      if (Value* value = scope->names.find(name)) return Value(force(*value));
  }
  if (Value* value = f.module->globals.find(name)) {
    // Forcing an import may run modules that add globals: the slot must be found again to be replaced.
    if (!value->is_object() || !value->try_as<LazyImport>()) return *value;
    Value fetched = *value;
    force(fetched);
    return f.module->globals.set(name, fetched);
  }
  if (Value* value = builtins->globals.find(name)) return *value;
  if (name == "__class__" && f.owner) return Value(f.owner);
  return std::nullopt;
}

Value Interpreter::load_name(Frame& f, const std::string& name) {
  if (auto value = find_name(f, name)) return *std::move(value);
  if (f.has_first_argument && f.owner) {
    const std::vector<std::string> own = attribute_names(f.first_argument);
    if (std::find(own.begin(), own.end(), name) != own.end())
      raise("NameError", "name " + quote(name) + " is not defined",
            "\n  help: did you mean " + quote("self." + name) + "?");
  }
  std::vector<std::string> known = f.module->globals.names();
  if (f.class_names != nullptr)
    for (const std::string& n : f.class_names->names()) known.push_back(n);
  for (Scope* scope = f.scope.get(); scope != nullptr; scope = scope->parent.get())
    for (const std::string& n : scope->names.names()) known.push_back(n);
  for (const std::string& n : builtins->globals.names()) known.push_back(n);
  raise("NameError", "name " + quote(name) + " is not defined", did_you_mean(name, known));
}

void Interpreter::store_name(Frame& f, const std::string& name, const Value& value) {
  if (f.class_names != nullptr) {
    f.class_names->set(name, value);
    return;
  }
  if (!f.scope) {
    f.module->globals.set(name, value);
    return;
  }
  if (f.info != nullptr && f.info->globals.find(name) != f.info->globals.end()) {
    f.module->globals.set(name, value);
    return;
  }
  if (f.info != nullptr && f.info->nonlocals.find(name) != f.info->nonlocals.end()) {
    for (Scope* scope = f.scope->parent.get(); scope != nullptr; scope = scope->parent.get())
      if (Value* slot = scope->names.find(name)) {
        *slot = value;
        return;
      }
    raise("SyntaxError", "no binding for nonlocal " + quote(name) + " found");
  }
  f.scope->names.set(name, value);
}

void Interpreter::delete_name(Frame& f, const std::string& name) {
  OrderedMap<Value>& names = f.class_names != nullptr ? *f.class_names : f.scope ? f.scope->names : f.module->globals;
  if (!names.erase(name)) raise("NameError", "name " + quote(name) + " is not defined");
}

std::optional<Value> Interpreter::resolve(const PyFunction& fn, const std::string& name) {
  Frame f;
  f.module = fn.module;
  f.scope = fn.closure;
  f.owner = fn.owner.lock();
  f.name = fn.name;
  const FrameGuard guard(*this, f);
  return find_name(f, name);
}

Value Interpreter::eval_text(const Frame& f, const std::string& text, const std::optional<OrderedMap<Value>>& names) {
  const std::size_t start = std::min(text.find_first_not_of(" \t"), text.size());
  const auto source = std::make_shared<Source>("<string>", text.substr(start));
  ExprPtr expr;
  try {
    expr = parse_expression(source);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cap) throw;
    const std::string& message = error.message();
    raise("SyntaxError", message.substr(0, message.find('\n')));
  }
  parsed_.push_back(expr);
  Frame inner;
  inner.module = f.module;
  inner.scope = f.scope;
  inner.class_names = f.class_names;
  inner.owner = f.owner;
  inner.source = source;
  inner.name = "<eval>";
  if (names) {
    inner.class_names = nullptr;
    inner.scope = std::make_shared<Scope>();
    inner.scope->names = *names;
  }
  const FrameGuard guard(*this, inner);
  with_trace(inner, [&] { inner.returned = eval(inner, expr); });
  return std::move(inner.returned);
}

Value Interpreter::eval_in(const PyFunction& fn, const ExprPtr& expr, const OrderedMap<Value>& locals) {
  Frame f;
  f.module = fn.module;
  f.scope = std::make_shared<Scope>();
  f.scope->names = locals;
  f.scope->parent = fn.closure;
  f.owner = fn.owner.lock();
  if (f.owner) f.class_name = f.owner->name;
  f.name = fn.name;
  if (!locals.empty()) {
    f.first_argument = locals.begin()->second;
    f.has_first_argument = true;
  }
  parsed_.push_back(expr);
  const FrameGuard guard(*this, f);
  return eval(f, expr);
}

}  // namespace scriptc::python
