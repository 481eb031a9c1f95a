#include <array>

#include "scriptc/python/literal_text.h"
#include "scriptc/python/parser.h"

namespace scriptc::python {
namespace {

/// How tightly an expression binds, loosest first; what binds looser than its place needs parentheses.
enum class Precedence {
  Named,
  Tuple,
  Yield,
  Test,
  Or,
  And,
  Not,
  Compare,
  BitOr,
  BitXor,
  BitAnd,
  Shift,
  Arithmetic,
  Term,
  Factor,
  Power,
  Await,
  Atom
};

Precedence tighter(Precedence precedence) {
  return precedence == Precedence::Atom ? precedence : static_cast<Precedence>(static_cast<int>(precedence) + 1);
}

struct BinaryText {
  const char* text;
  Precedence precedence;
};
constexpr std::array<BinaryText, 13> kBinary = {{{" + ", Precedence::Arithmetic},
                                                 {" - ", Precedence::Arithmetic},
                                                 {" * ", Precedence::Term},
                                                 {" @ ", Precedence::Term},
                                                 {" / ", Precedence::Term},
                                                 {" % ", Precedence::Term},
                                                 {" ** ", Precedence::Power},
                                                 {" << ", Precedence::Shift},
                                                 {" >> ", Precedence::Shift},
                                                 {" | ", Precedence::BitOr},
                                                 {" ^ ", Precedence::BitXor},
                                                 {" & ", Precedence::BitAnd},
                                                 {" // ", Precedence::Term}}};
constexpr std::array kCompare = {" == ", " != ", " < ", " <= ", " > ", " >= ", " is ", " is not ", " in ", " not in "};

class Unparser {
 public:
  std::string text(const ExprPtr& expr, Precedence place = Precedence::Test) {
    write(expr, place);
    return std::move(out_);
  }

 private:
  void write(const ExprPtr& expr, Precedence place);
  void write_bare(const Expr& expr);
  void write_operator(const Expr& expr);
  void write_container(const Expr& expr);
  void write_primary(const Expr& expr);
  void write_comparison(const Compare& node);
  void write_binary(const BinOp& node);
  void write_call(const Call& node);
  void write_dict(const DictExpr& node);
  void write_slice(const Slice& node);
  void write_subscript(const Subscript& node);
  void write_constant(const Constant& node);
  void write_list(const ExprList& items, Precedence place = Precedence::Test);
  void write_tuple_items(const ExprList& items);
  void write_generators(const std::vector<Comprehension>& generators);
  void write_arguments(const Arguments& arguments);
  void write_parameter(const Parameter& parameter, const ExprPtr& value, const char* prefix = "");
  void write_separator();
  std::string format_body(const Expr& expr, char quote);

  std::string out_;
  bool separate_ = false;
};

Precedence precedence_of(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::NamedExpr:
      return Precedence::Named;
    case ExprKind::Lambda:
    case ExprKind::IfExp:
      return Precedence::Test;
    case ExprKind::Yield:
    case ExprKind::YieldFrom:
      return Precedence::Yield;
    case ExprKind::BoolOp:
      return static_cast<const BoolOp&>(expr).op == BoolOperator::Or ? Precedence::Or : Precedence::And;
    case ExprKind::Compare:
      return Precedence::Compare;
    case ExprKind::BinOp:
      return kBinary[static_cast<std::size_t>(static_cast<const BinOp&>(expr).op)].precedence;
    case ExprKind::UnaryOp:
      return static_cast<const UnaryOp&>(expr).op == UnaryOperator::Not ? Precedence::Not : Precedence::Factor;
    case ExprKind::Await:
      return Precedence::Await;
    default:
      return Precedence::Atom;
  }
}

void Unparser::write(const ExprPtr& expr, Precedence place) {
  const bool parentheses = precedence_of(*expr) < place;
  if (parentheses) out_ += '(';
  write_bare(*expr);
  if (parentheses) out_ += ')';
}

void Unparser::write_bare(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::Constant:
    case ExprKind::Name:
    case ExprKind::Attribute:
    case ExprKind::Subscript:
    case ExprKind::Call:
    case ExprKind::Starred:
    case ExprKind::Slice:
    case ExprKind::JoinedStr:
    case ExprKind::FormattedValue:
    case ExprKind::Resolved:
      write_primary(expr);
      break;
    case ExprKind::DictExpr:
    case ExprKind::SetExpr:
    case ExprKind::ListExpr:
    case ExprKind::TupleExpr:
    case ExprKind::ListComp:
    case ExprKind::SetComp:
    case ExprKind::DictComp:
    case ExprKind::GeneratorExp:
      write_container(expr);
      break;
    default:
      write_operator(expr);
      break;
  }
}

void Unparser::write_operator(const Expr& expr) {
  if (const auto* node = as<BoolOp>(&expr)) {
    const bool disjunction = node->op == BoolOperator::Or;
    for (std::size_t i = 0; i < node->values.size(); ++i) {
      if (i != 0) out_ += disjunction ? " or " : " and ";
      write(node->values[i], tighter(disjunction ? Precedence::Or : Precedence::And));
    }
  } else if (const auto* named = as<NamedExpr>(&expr)) {
    write(named->target, Precedence::Atom);
    out_ += " := ";
    write(named->value, Precedence::Atom);
  } else if (const auto* binary = as<BinOp>(&expr)) {
    write_binary(*binary);
  } else if (const auto* unary = as<UnaryOp>(&expr)) {
    static constexpr std::array kUnary = {"~", "not ", "+", "-"};
    out_ += kUnary[static_cast<std::size_t>(unary->op)];
    write(unary->operand, precedence_of(expr));
  } else if (const auto* lambda = as<Lambda>(&expr)) {
    out_ += "lambda";
    const std::size_t before = out_.size();
    write_arguments(*lambda->args);
    if (out_.size() != before) out_.insert(before, " ");
    out_ += ": ";
    write(lambda->body, Precedence::Test);
  } else if (const auto* choice = as<IfExp>(&expr)) {
    write(choice->body, Precedence::Or);
    out_ += " if ";
    write(choice->test, Precedence::Or);
    out_ += " else ";
    write(choice->orelse, Precedence::Test);
  } else if (const auto* await = as<Await>(&expr)) {
    out_ += "await ";
    write(await->value, Precedence::Atom);
  } else if (const auto* yield = as<Yield>(&expr)) {
    out_ += yield->value ? "yield " : "yield";
    if (yield->value) write(yield->value, Precedence::Atom);
  } else if (const auto* from = as<YieldFrom>(&expr)) {
    out_ += "yield from ";
    write(from->value, Precedence::Atom);
  } else if (const auto* compare = as<Compare>(&expr)) {
    write_comparison(*compare);
  }
}

void Unparser::write_binary(const BinOp& node) {
  const auto& [text, precedence] = kBinary[static_cast<std::size_t>(node.op)];
  const bool right_to_left = node.op == BinaryOperator::Pow;
  write(node.left, right_to_left ? tighter(precedence) : precedence);
  out_ += text;
  const bool sign = right_to_left && as<UnaryOp>(node.right) != nullptr;  // `2 ** -1` needs no parentheses
  write(node.right, sign ? Precedence::Factor : right_to_left ? precedence : tighter(precedence));
}

void Unparser::write_comparison(const Compare& node) {
  write(node.left, tighter(Precedence::Compare));
  for (std::size_t i = 0; i < node.ops.size(); ++i) {
    out_ += kCompare[static_cast<std::size_t>(node.ops[i])];
    write(node.comparators[i], tighter(Precedence::Compare));
  }
}

void Unparser::write_list(const ExprList& items, Precedence place) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i != 0) out_ += ", ";
    write(items[i], place);
  }
}

void Unparser::write_tuple_items(const ExprList& items) {
  write_list(items);
  if (items.size() == 1) out_ += ',';
}

void Unparser::write_dict(const DictExpr& node) {
  out_ += '{';
  for (std::size_t i = 0; i < node.values.size(); ++i) {
    if (i != 0) out_ += ", ";
    if (node.keys[i]) {
      write(node.keys[i], Precedence::Test);
      out_ += ": ";
      write(node.values[i], Precedence::Test);
    } else {
      out_ += "**";
      write(node.values[i], Precedence::BitOr);
    }
  }
  out_ += '}';
}

void Unparser::write_container(const Expr& expr) {
  if (const auto* dict = as<DictExpr>(&expr)) {
    write_dict(*dict);
  } else if (const auto* set = as<SetExpr>(&expr)) {
    out_ += '{';
    write_list(set->elts);
    out_ += '}';
  } else if (const auto* list = as<ListExpr>(&expr)) {
    out_ += '[';
    write_list(list->elts);
    out_ += ']';
  } else if (const auto* tuple = as<TupleExpr>(&expr)) {
    out_ += '(';
    write_tuple_items(tuple->elts);
    out_ += ')';
  } else if (const auto* list_comp = as<ListComp>(&expr)) {
    out_ += '[';
    write(list_comp->elt, Precedence::Test);
    write_generators(list_comp->generators);
    out_ += ']';
  } else if (const auto* set_comp = as<SetComp>(&expr)) {
    out_ += '{';
    write(set_comp->elt, Precedence::Test);
    write_generators(set_comp->generators);
    out_ += '}';
  } else if (const auto* dict_comp = as<DictComp>(&expr)) {
    out_ += '{';
    write(dict_comp->key, Precedence::Test);
    out_ += ": ";
    write(dict_comp->value, Precedence::Test);
    write_generators(dict_comp->generators);
    out_ += '}';
  } else if (const auto* generator = as<GeneratorExp>(&expr)) {
    out_ += '(';
    write(generator->elt, Precedence::Test);
    write_generators(generator->generators);
    out_ += ')';
  }
}

void Unparser::write_generators(const std::vector<Comprehension>& generators) {
  for (const Comprehension& generator : generators) {
    out_ += generator.is_async ? " async for " : " for ";
    if (const auto* tuple = as<TupleExpr>(generator.target))
      write_tuple_items(tuple->elts);
    else
      write(generator.target, Precedence::Tuple);
    out_ += " in ";
    write(generator.iter, tighter(Precedence::Test));
    for (const ExprPtr& condition : generator.ifs) {
      out_ += " if ";
      write(condition, tighter(Precedence::Test));
    }
  }
}

void Unparser::write_primary(const Expr& expr) {
  if (const auto* constant = as<Constant>(&expr)) {
    write_constant(*constant);
  } else if (const auto* name = as<Name>(&expr)) {
    out_ += name->id;
  } else if (const auto* attribute = as<Attribute>(&expr)) {
    write(attribute->value, Precedence::Atom);
    const auto* number = as<Constant>(attribute->value);
    if (number != nullptr && std::holds_alternative<std::int64_t>(number->value)) out_ += ' ';
    out_ += "." + attribute->attr;
  } else if (const auto* subscript = as<Subscript>(&expr)) {
    write_subscript(*subscript);
  } else if (const auto* call = as<Call>(&expr)) {
    write_call(*call);
  } else if (const auto* starred = as<Starred>(&expr)) {
    out_ += '*';
    write(starred->value, Precedence::BitOr);
  } else if (const auto* slice = as<Slice>(&expr)) {
    write_slice(*slice);
  } else if (expr.kind == ExprKind::Resolved) {
    out_ += "<resolved>";
  } else {
    const std::string with_single = format_body(expr, '\'');
    const bool single = with_single.find('\'') == std::string::npos;
    const char quote = single ? '\'' : '"';
    out_ += std::string("f") + quote + (single ? with_single : format_body(expr, quote)) + quote;
  }
}

void Unparser::write_constant(const Constant& node) {
  if (std::holds_alternative<EllipsisLiteral>(node.value)) {
    out_ += "...";
    return;
  }
  std::string text = constant_repr(node.value);
  const bool number =
      std::holds_alternative<double>(node.value) || std::holds_alternative<std::complex<double>>(node.value);
  if (number) {
    // There is no literal for infinity but one that overflows.
    const std::size_t infinity = text.find("inf");
    if (infinity != std::string::npos) text.replace(infinity, 3, "1e309");
  }
  out_ += node.prefix + text;
}

void Unparser::write_subscript(const Subscript& node) {
  write(node.value, Precedence::Atom);
  out_ += '[';
  const auto* tuple = as<TupleExpr>(node.slice);
  if (tuple != nullptr && !tuple->elts.empty())
    write_tuple_items(tuple->elts);
  else
    write(node.slice, Precedence::Test);
  out_ += ']';
}

void Unparser::write_slice(const Slice& node) {
  if (node.lower) write(node.lower, Precedence::Test);
  out_ += ':';
  if (node.upper) write(node.upper, Precedence::Test);
  if (!node.step) return;
  out_ += ':';
  write(node.step, Precedence::Test);
}

void Unparser::write_call(const Call& node) {
  write(node.func, Precedence::Atom);
  const bool only_generator =
      node.args.size() == 1 && node.keywords.empty() && as<GeneratorExp>(node.args.front()) != nullptr;
  if (only_generator) {
    write(node.args.front(), Precedence::Test);
    return;
  }
  out_ += '(';
  write_list(node.args);
  for (std::size_t i = 0; i < node.keywords.size(); ++i) {
    const Keyword& keyword = node.keywords[i];
    if (i != 0 || !node.args.empty()) out_ += ", ";
    out_ += keyword.arg.empty() ? "**" : keyword.arg + "=";
    write(keyword.value, Precedence::Test);
  }
  out_ += ')';
}

void Unparser::write_separator() {
  if (separate_) out_ += ", ";
  separate_ = true;
}

void Unparser::write_parameter(const Parameter& parameter, const ExprPtr& value, const char* prefix) {
  write_separator();
  out_ += prefix + parameter.arg;
  if (!value) return;
  out_ += '=';
  write(value, Precedence::Test);
}

void Unparser::write_arguments(const Arguments& arguments) {
  const bool outer = std::exchange(separate_, false);
  const std::size_t positional = arguments.posonlyargs.size() + arguments.args.size();
  const std::size_t required = positional - arguments.defaults.size();
  for (std::size_t i = 0; i < positional; ++i) {
    const std::size_t posonly = arguments.posonlyargs.size();
    const Parameter& parameter = i < posonly ? arguments.posonlyargs[i] : arguments.args[i - posonly];
    write_parameter(parameter, i < required ? nullptr : arguments.defaults[i - required]);
    if (posonly != 0 && i + 1 == posonly) out_ += ", /";
  }
  if (arguments.vararg) {
    write_parameter(*arguments.vararg, nullptr, "*");
  } else if (!arguments.kwonlyargs.empty()) {
    write_separator();
    out_ += '*';
  }
  for (std::size_t i = 0; i < arguments.kwonlyargs.size(); ++i)
    write_parameter(arguments.kwonlyargs[i], arguments.kw_defaults[i]);
  if (arguments.kwarg) write_parameter(*arguments.kwarg, nullptr, "**");
  separate_ = outer;
}

/// What stands between the quotes of an f-string. Fields are written with the other quote where they can be.
std::string Unparser::format_body(const Expr& expr, char quote) {
  if (const auto* joined = as<JoinedStr>(&expr)) {
    std::string out;
    for (const ExprPtr& value : joined->values) out += format_body(*value, quote);
    return out;
  }
  if (const auto* field = as<FormattedValue>(&expr)) {
    const std::string inner = Unparser().text(field->value, tighter(Precedence::Test));
    std::string out = inner.front() == '{' ? "{ " : "{";
    out += inner;
    if (field->conversion != -1) out += std::string("!") + static_cast<char>(field->conversion);
    if (field->format_spec) out += ":" + format_body(*field->format_spec, quote);
    return out + "}";
  }
  const auto* constant = as<Constant>(&expr);
  const std::string* value = constant == nullptr ? nullptr : std::get_if<std::string>(&constant->value);
  if (value == nullptr) return Unparser().text(std::shared_ptr<const Expr>(std::shared_ptr<void>(), &expr));
  std::string out;
  for (const char c : *value) {
    if (c == '{' || c == '}') out += c;
    if (c == quote || c == '\\') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

}  // namespace

std::string unparse(const ExprPtr& expr) { return Unparser().text(expr); }

}  // namespace scriptc::python
