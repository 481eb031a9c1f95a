// The specialiser on statements: branches on known tests are chosen, facts merged where control joins.

#include "scriptc/model/text.h"
#include "scriptc/python/runtime.h"
#include "scriptc/python/specialiser.h"

namespace scriptc::python {

ReducedBlock Specialiser::Impl::reduce_block(const StmtList& statements) {
  ReducedBlock block;
  for (auto statement = statements.begin(); statement != statements.end(); ++statement) {
    if (const auto choice = choice_in(*statement)) {
      const auto end = binds_choice(*statement, *choice) ? statements.end() : statement + 1;
      block.flow = reduce_choice(*choice, {statement, end}, block.body);
      statement = end - 1;
    } else {
      const auto next = statement + 1;
      if (next != statements.end() && keep_iterator(*statement, *next)) continue;
      const StmtPtr branch = with_choices_apart(*statement);
      block.flow = reduce_statement(branch ? branch : *statement, block.body);
    }
    if (block.flow != Exit::next) break;  // what follows is never reached
  }
  return block;
}

Exit joined(Exit body, Exit orelse) {
  if (body == orelse) return body;
  return body == Exit::next || orelse == Exit::next ? Exit::next : Exit::mixed;
}

Exit Specialiser::Impl::reduce_statement(const StmtPtr& written, StmtList& out) {
  const OutScope scope(*frame_, out);
  const StmtPtr loop = extension_as_loop(written);
  const StmtPtr& statement = loop ? loop : written;
  share(shared_names(statement));
  const auto outer = std::exchange(frame_->first_calls, {});
  find_first_calls(statement);
  const auto* assign = as<Assign>(statement);
  const bool names = assign && assign->targets.size() == 1 && as<Name>(assign->targets[0]);
  const Expr* const assigned = std::exchange(frame_->assigned, names ? assign->value.get() : nullptr);
  const StmtPtr raise = frame_->conditional > 0 ? what_it_raises(statement) : nullptr;
  if (raise) out.push_back(raise);
  const Exit flow = raise ? Exit::leaves : reduce_by_kind(statement, out);
  frame_->first_calls = outer;
  frame_->assigned = assigned;
  return flow;
}

Exit Specialiser::Impl::reduce_by_kind(const StmtPtr& statement, StmtList& out) {
  switch (statement->kind) {
    case StmtKind::If:
      return reduce_if(*as<If>(statement), statement, out);
    case StmtKind::For:
      return reduce_for(*as<For>(statement), statement, out);
    case StmtKind::While:
      return reduce_while(*as<While>(statement), statement, out);
    case StmtKind::With:
      return reduce_with(*as<With>(statement), statement, out);
    case StmtKind::Return:
      return reduce_return(*as<Return>(statement), statement, out);
    case StmtKind::Raise:
      return reduce_raise(*as<Raise>(statement), statement, out);
    case StmtKind::Assert:
      return reduce_assert(*as<Assert>(statement), statement, out);
    case StmtKind::Try:
      return reduce_try(*as<Try>(statement), statement, out);
    case StmtKind::Match:
      return reduce_match(*as<Match>(statement), statement, out);
    case StmtKind::Assign:
      return reduce_assign(*as<Assign>(statement), statement, out), Exit::next;
    case StmtKind::AugAssign:
      return reduce_augmented(*as<AugAssign>(statement), statement, out), Exit::next;
    case StmtKind::AnnAssign:
      return reduce_annotated(*as<AnnAssign>(statement), statement, out), Exit::next;
    case StmtKind::Delete:
      return reduce_delete(*as<Delete>(statement), statement, out), Exit::next;
    case StmtKind::Import:
    case StmtKind::ImportFrom:
      return reduce_import(statement, out), Exit::next;
    case StmtKind::FunctionDef:
      return reduce_def(*as<FunctionDef>(statement), statement, out), Exit::next;
    case StmtKind::Break:
      return out.push_back(statement), Exit::breaks;
    case StmtKind::Continue:
      return out.push_back(statement), Exit::continues;
    case StmtKind::ExprStmt: {
      const auto* node = as<ExprStmt>(statement);
      if (const auto* call = as<Call>(node->value))
        if (const auto store = stored_by_name(*call)) return reduce_assign(*store, store, out), Exit::next;
      if (as<Constant>(node->value)) return out.push_back(statement), Exit::next;  // a docstring
      if (const auto* call = as<Call>(node->value); call && reduce_quiet_call(*call, out)) return Exit::next;
      const Reduced value = reduce(node->value);
      if (value.is_constant() || value.fact.is_structure()) return Exit::next;  // nothing happens there
      auto rebuilt = copy_of(*node);
      rebuilt->value = value.expr;
      out.push_back(value.expr == node->value ? statement : rebuilt);
      return Exit::next;
    }
    default:
      keep_variables(statement, out);
      for (const std::string& name : assigned_names({statement})) drop(name);
      out.push_back(statement);
      return Exit::next;
  }
}

/// What a statement reads that may stay as it is written has to be there.
void Specialiser::Impl::keep_variables(const StmtPtr& statement, StmtList& out) {
  for (const std::string& name : all_names({statement})) {
    const auto fact = frame_->facts.find(name);
    if (fact != frame_->facts.end() && fact->second.deferred) materialise(name, nullptr, out);
  }
}

Exit Specialiser::Impl::reduce_return(const Return& node, const StmtPtr& original, StmtList& out) {
  const Reduced value = reduce(node.value);
  frame_->result.reset();
  if (!node.value) frame_->result = Value();
  if (value.is_constant() && !value.fact.one_shot) frame_->result = value.fact.value;
  auto rebuilt = copy_of(node);
  rebuilt->value = value.expr;
  out.push_back(value.expr == node.value ? original : rebuilt);
  return Exit::leaves;
}

Exit Specialiser::Impl::reduce_raise(const Raise& node, const StmtPtr& original, StmtList& out) {
  auto rebuilt = copy_of(node);
  rebuilt->exc = reduce(node.exc).expr;
  rebuilt->cause = reduce(node.cause).expr;
  out.push_back(rebuilt->exc == node.exc && rebuilt->cause == node.cause ? original : rebuilt);
  return Exit::leaves;
}

Exit Specialiser::Impl::reduce_assert(const Assert& node, const StmtPtr& original, StmtList& out) {
  const Reduced test = reduce_test(node.test);
  const auto truth = truth_of(test);
  if (truth && *truth) return Exit::next;
  const ExprPtr message = reduce(node.msg).expr;
  if (!truth) {
    auto rebuilt = copy_of(node);
    rebuilt->test = test.expr;
    rebuilt->msg = message;
    out.push_back(test.expr == node.test && message == node.msg ? original : rebuilt);
    return Exit::next;
  }
  // Always fails: what follows is not looked at.
  auto exception = std::make_shared<Call>();
  exception->span = node.span;
  exception->func = name_of("AssertionError", node.span);
  if (message) exception->args = {message};
  auto raise = std::make_shared<Raise>();
  raise->span = node.span;
  raise->exc = exception;
  out.push_back(raise);
  return Exit::leaves;
}

Exit Specialiser::Impl::reduce_with(const With& node, const StmtPtr& original, StmtList& out) {
  auto rebuilt = copy_of(node);
  std::erase_if(rebuilt->items, [&](const WithItem& item) { return is_without_effect(item); });
  if (rebuilt->items.empty()) {
    const ReducedBlock inner = reduce_block(node.body);
    out.insert(out.end(), inner.body.begin(), inner.body.end());
    return inner.flow;
  }
  bool same = rebuilt->items.size() == node.items.size();
  for (WithItem& item : rebuilt->items) {
    const ExprPtr context = reduce(item.context_expr).expr;
    same = same && context == item.context_expr;
    item.context_expr = context;
    if (!item.optional_vars) continue;
    for (const std::string& name : names_in(item.optional_vars)) frame_->facts.erase(name);
  }
  ReducedBlock body = reduce_block(node.body);
  same = same && body.body == node.body;
  if (body.body.empty()) body.body.push_back(std::make_shared<Pass>());
  rebuilt->body = std::move(body.body);
  out.push_back(same ? original : rebuilt);
  return body.flow;
}

void Specialiser::Impl::reduce_delete(const Delete& node, const StmtPtr& original, StmtList& out) {
  auto rebuilt = copy_of(node);
  rebuilt->targets.clear();
  for (const ExprPtr& target : node.targets) {
    const auto* name = as<Name>(target);
    const auto found = name ? frame_->facts.find(name->id) : frame_->facts.end();
    const bool only_fact = found != frame_->facts.end() && !found->second.materialised;
    if (found != frame_->facts.end()) frame_->facts.erase(found);
    if (!only_fact) rebuilt->targets.push_back(reduce_target(target));
  }
  if (rebuilt->targets.empty()) return;
  out.push_back(rebuilt->targets == node.targets ? original : rebuilt);
}

void Specialiser::Impl::reduce_import(const StmtPtr& original, StmtList& out) {
  out.push_back(original);
  for (const std::string& name : assigned_names({original})) drop(name);
  const auto* plain = as<Import>(original);
  if (!plain) return;
  for (const Alias& alias : plain->names) {
    const std::string name = alias.asname.empty() ? alias.name.substr(0, alias.name.find('.')) : alias.asname;
    const std::string module = alias.asname.empty() ? name : alias.name;
    try {
      if (alias.asname.empty()) evaluator_.import_module(alias.name);
      frame_->facts[name] = Fact::constant(Value(evaluator_.import_module(module)));
    } catch (const Error&) {  // the lowering says what is missing, if it is needed
    }
  }
}

void Specialiser::Impl::reduce_def(const FunctionDef& node, const StmtPtr& original, StmtList& out) {
  frame_->facts.erase(node.name);
  const auto def = std::static_pointer_cast<const FunctionDef>(original);
  if (node.decorator_list.empty() && !node.is_async) {
    const Reduced made = local_function(def, nullptr, name_of(node.name, node.span));
    if (made.is_constant()) {
      frame_->facts[node.name] = made.fact;
      return;
    }
  }
  out.push_back(original);
}

Exit Specialiser::Impl::reduce_if(const If& node, const StmtPtr& original, StmtList& out) {
  const Reduced test = reduce_test(node.test);
  if (const auto truth = truth_of(test)) {
    ReducedBlock chosen = reduce_block(*truth ? node.body : node.orelse);
    out.insert(out.end(), chosen.body.begin(), chosen.body.end());
    return chosen.flow;
  }
  const Facts before = frame_->facts;
  ++frame_->conditional;
  ReducedBlock body = reduce_block(node.body);
  const Facts after_body = std::exchange(frame_->facts, before);
  ReducedBlock orelse = reduce_block(node.orelse);
  const Facts after_orelse = frame_->facts;
  --frame_->conditional;
  merge(after_body, body.body, body.flow == Exit::next, after_orelse, orelse.body, orelse.flow == Exit::next);
  if (test.expr == node.test && body.body == node.body && orelse.body == node.orelse) {
    out.push_back(original);
  } else {
    auto rebuilt = copy_of(node);
    rebuilt->test = test.expr;
    if (body.body.empty()) body.body.push_back(std::make_shared<Pass>());
    rebuilt->body = std::move(body.body);
    rebuilt->orelse = std::move(orelse.body);
    out.push_back(rebuilt);
  }
  return joined(body.flow, orelse.flow);
}

namespace {

/// Statements that cannot raise: assignments of atoms to names.
bool cannot_raise(const StmtList& body) {
  for (const StmtPtr& statement : body) {
    if (statement->kind == StmtKind::Pass) continue;
    if (const auto* node = as<Return>(statement); node && (!node->value || is_atom(node->value))) continue;
    const auto* assign = as<Assign>(statement);
    if (!assign) return false;
    ExprPtr value = assign->value;
    while (const auto* attribute = as<Attribute>(value)) value = attribute->value;
    if (!is_atom(value)) return false;
    for (const ExprPtr& target : assign->targets)
      if (!as<Name>(target)) return false;
  }
  return true;
}

}  // namespace

// Only what is known not to raise loses its handlers; the rest the lowering refuses.
Exit Specialiser::Impl::reduce_try(const Try& node, const StmtPtr& original, StmtList& out) {
  keep_variables(original, out);
  const Facts before = frame_->facts;
  ReducedBlock body = reduce_block(node.body);
  // What can raise at all is only known of attributes of known objects, which reduce to what they are.
  bool known = cannot_raise(body.body);
  for_each_expr(body.body, [&](const ExprPtr& part) {
    const auto* attribute = as<Attribute>(part);
    if (attribute && attribute->ctx == ExprContext::Load) {
      const Reduced base = reduce(attribute->value);
      known = known && base.is_constant() && evaluator_.try_get_attribute(base.fact.value, attribute->attr).has_value();
    }
  });
  if (known) {
    out.insert(out.end(), body.body.begin(), body.body.end());
    Exit flow = body.flow;
    if (flow == Exit::next) {
      ReducedBlock orelse = reduce_block(node.orelse);
      out.insert(out.end(), orelse.body.begin(), orelse.body.end());
      flow = orelse.flow;
    }
    if (node.finalbody.empty()) return flow;
    if (flow == Exit::next) {
      ReducedBlock last = reduce_block(node.finalbody);
      out.insert(out.end(), last.body.begin(), last.body.end());
      return last.flow;
    }
    out.resize(out.size() - body.body.size());
  }
  frame_->facts = before;
  // `try: y = self.x` / `except AttributeError: …` where there is no such attribute.
  const auto* assign = node.body.size() == 1 ? as<Assign>(node.body[0]) : nullptr;
  const auto* attribute = assign ? as<Attribute>(assign->value) : nullptr;
  if (attribute && node.handlers.size() == 1 && node.finalbody.empty() && node.handlers[0].name.empty()) {
    const Reduced base = reduce(attribute->value);
    const auto* type = as<Name>(node.handlers[0].type);
    const bool catches = !node.handlers[0].type || (type && (type->id == "AttributeError" || type->id == "Exception"));
    const auto module = base.is_constant() ? base.fact.value.try_as<Module>() : nullptr;
    if (catches && module && !mutable_.names.contains(attribute->attr) &&
        !evaluator_.try_get_attribute(base.fact.value, attribute->attr)) {
      ReducedBlock handler = reduce_block(node.handlers[0].body);
      out.insert(out.end(), handler.body.begin(), handler.body.end());
      return handler.flow;
    }
  }
  for (const std::string& name : assigned_names({original})) drop(name);
  out.push_back(original);
  return Exit::next;
}

namespace {

/// The test that a pattern stands for, and the name it binds; nullopt for patterns that look into the subject.
struct PatternTest {
  ExprPtr test;  ///< null: always
  std::string name;
};

std::optional<PatternTest> test_of(const PatternPtr& pattern, const ExprPtr& subject) {
  const auto compare = [&](CompareOperator op, const ExprPtr& value) {
    auto node = std::make_shared<Compare>();
    node->span = pattern->span;
    node->left = subject;
    node->ops = {op};
    node->comparators = {value};
    return node;
  };
  if (const auto* value = as<MatchValue>(pattern)) return PatternTest{compare(CompareOperator::Eq, value->value), ""};
  if (const auto* singleton = as<MatchSingleton>(pattern))
    return PatternTest{compare(CompareOperator::Is, constant_of(singleton->value, pattern->span)), ""};
  if (const auto* any = as<MatchAs>(pattern)) {
    if (!any->pattern) return PatternTest{nullptr, any->name};
    auto inner = test_of(any->pattern, subject);
    if (inner) inner->name = any->name;
    return inner;
  }
  if (const auto* either = as<MatchOr>(pattern)) {
    auto test = std::make_shared<BoolOp>();
    test->span = pattern->span;
    test->op = BoolOperator::Or;
    for (const PatternPtr& one : either->patterns) {
      const auto inner = test_of(one, subject);
      if (!inner || !inner->name.empty()) return std::nullopt;
      if (!inner->test) return PatternTest{nullptr, ""};
      test->values.push_back(inner->test);
    }
    return PatternTest{test, ""};
  }
  return std::nullopt;
}

}  // namespace

/// `match` on values becomes `if` and `elif`.
Exit Specialiser::Impl::reduce_match(const Match& node, const StmtPtr& original, StmtList& out) {
  keep_variables(original, out);
  const auto give_up = [&] {
    for (const std::string& name : assigned_names({original})) drop(name);
    out.push_back(original);
    return Exit::next;
  };
  StmtList start;
  ExprPtr subject = node.subject;
  if (!as<Name>(subject)) {
    subject = name_of(fresh("subject"), subject->span);
    start.push_back(assignment(name_of(as<Name>(subject)->id, subject->span, ExprContext::Store), node.subject));
  }
  StmtList chain;
  for (auto one = node.cases.rbegin(); one != node.cases.rend(); ++one) {
    const auto test = test_of(one->pattern, subject);
    // A guard may need the name that the pattern binds.
    if (!test || (one->guard && !test->name.empty())) return give_up();
    auto branch = std::make_shared<If>();
    branch->span = one->pattern->span;
    ExprList tests;
    for (const ExprPtr& part : {test->test, one->guard})
      if (part) tests.push_back(part);
    if (!test->name.empty()) branch->body.push_back(assignment(test->name, subject));
    branch->body.insert(branch->body.end(), one->body.begin(), one->body.end());
    if (tests.empty()) {
      chain = branch->body;
      continue;
    }
    branch->test = tests[0];
    if (tests.size() > 1) {
      auto both = std::make_shared<BoolOp>();
      both->span = branch->span;
      both->values = tests;
      branch->test = both;
    }
    branch->orelse = std::move(chain);
    chain = {branch};
  }
  start.insert(start.end(), chain.begin(), chain.end());
  const ReducedBlock block = reduce_block(start);
  out.insert(out.end(), block.body.begin(), block.body.end());
  return block.flow;
}

}  // namespace scriptc::python
