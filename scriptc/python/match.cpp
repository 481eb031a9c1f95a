#include "scriptc/python/interpreter.h"

namespace scriptc::python {

Flow Interpreter::exec_match(Frame& f, const Match& node) {
  const Value subject = eval(f, node.subject);
  for (const MatchCase& match_case : node.cases) {
    f.at = &match_case.pattern->span;
    if (!match_pattern(f, *match_case.pattern, subject)) continue;
    if (match_case.guard && !truth(eval(f, match_case.guard))) continue;
    return exec(f, match_case.body);
  }
  return Flow::normal;
}

bool Interpreter::match_pattern(Frame& f, const Pattern& pattern, const Value& subject) {
  switch (pattern.kind) {
    case PatternKind::MatchValue:
      return equals(subject, eval(f, static_cast<const MatchValue&>(pattern).value));
    case PatternKind::MatchSingleton: {
      const auto& value = static_cast<const MatchSingleton&>(pattern).value;
      if (const bool* b = std::get_if<bool>(&value)) return subject.is_bool() && subject.as_bool() == *b;
      return subject.is_none();
    }
    case PatternKind::MatchSequence:
      return match_sequence(f, static_cast<const MatchSequence&>(pattern), subject);
    case PatternKind::MatchMapping:
      return match_mapping(f, static_cast<const MatchMapping&>(pattern), subject);
    case PatternKind::MatchClass:
      return match_class(f, static_cast<const MatchClass&>(pattern), subject);
    case PatternKind::MatchStar:
      return true;  // bound by the sequence around it
    case PatternKind::MatchAs: {
      const auto& node = static_cast<const MatchAs&>(pattern);
      if (node.pattern && !match_pattern(f, *node.pattern, subject)) return false;
      if (!node.name.empty()) store_name(f, node.name, subject);
      return true;
    }
    case PatternKind::MatchOr:
      for (const PatternPtr& alternative : static_cast<const MatchOr&>(pattern).patterns)
        if (match_pattern(f, *alternative, subject)) return true;
      return false;
  }
  return false;
}

bool Interpreter::match_sequence(Frame& f, const MatchSequence& node, const Value& subject) {
  if (!subject.is_list() && !subject.is_tuple() && !subject.try_as<RangeObject>()) return false;
  const std::vector<Value> items = to_vector(subject);
  std::size_t star = node.patterns.size();
  for (std::size_t i = 0; i < node.patterns.size(); ++i)
    if (node.patterns[i]->kind == PatternKind::MatchStar) star = i;
  const bool starred = star != node.patterns.size();
  const std::size_t needed = node.patterns.size() - (starred ? 1 : 0);
  if (starred ? items.size() < needed : items.size() != needed) return false;
  std::size_t next = 0;
  for (std::size_t i = 0; i < node.patterns.size(); ++i) {
    if (i != star) {
      if (!match_pattern(f, *node.patterns[i], items[next++])) return false;
      continue;
    }
    const auto from = items.begin() + static_cast<std::ptrdiff_t>(next);
    const auto count = items.size() - needed;
    const std::string& name = static_cast<const MatchStar&>(*node.patterns[i]).name;
    if (!name.empty()) store_name(f, name, Value::list({from, from + static_cast<std::ptrdiff_t>(count)}));
    next += count;
  }
  return true;
}

bool Interpreter::match_mapping(Frame& f, const MatchMapping& node, const Value& subject) {
  if (!subject.is_dict()) return false;
  DictValue rest = subject.as_dict();
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const Value key = eval(f, node.keys[i]);
    const Value* found = rest.find(key);
    if (found == nullptr || !match_pattern(f, *node.patterns[i], Value(*found))) return false;
    rest.erase(key);
  }
  if (node.rest.empty()) return true;
  const Value copy = Value::dict();
  for (const auto& [key, value] : rest.entries) copy.as_dict().set(key, value);
  store_name(f, node.rest, copy);
  return true;
}

bool Interpreter::match_class(Frame& f, const MatchClass& node, const Value& subject) {
  const Value cls = eval(f, node.cls);
  if (!is_instance(subject, cls)) return false;
  std::vector<std::string> names;
  if (const auto fields = find_attribute(cls, "__match_args__"))
    for (const Value& name : to_vector(*fields)) names.push_back(name.as_string());
  if (names.empty() && node.patterns.size() == 1) {  // int(x), str(x)…: the subject itself
    if (!match_pattern(f, *node.patterns.front(), subject)) return false;
  } else if (node.patterns.size() > names.size()) {
    raise("TypeError", str(get_attribute(cls, "__name__")) + "() accepts " + std::to_string(names.size()) +
                           " positional sub-patterns (" + std::to_string(node.patterns.size()) + " given)");
  } else {
    for (std::size_t i = 0; i < node.patterns.size(); ++i) {
      const auto value = find_attribute(subject, names[i]);
      if (!value || !match_pattern(f, *node.patterns[i], *value)) return false;
    }
  }
  for (std::size_t i = 0; i < node.kwd_attrs.size(); ++i) {
    const auto value = find_attribute(subject, node.kwd_attrs[i]);
    if (!value || !match_pattern(f, *node.kwd_patterns[i], *value)) return false;
  }
  return true;
}

}  // namespace scriptc::python
