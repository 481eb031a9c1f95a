#include <algorithm>

#include "scriptc/model/text.h"
#include "scriptc/python/arguments.h"

namespace scriptc::python {
namespace {

struct ExceptionRow {
  const char* name;
  const char* base;
};

constexpr ExceptionRow kExceptions[] = {
    {"Exception", "BaseException"},
    {"GeneratorExit", "BaseException"},
    {"KeyboardInterrupt", "BaseException"},
    {"SystemExit", "BaseException"},
    {"ArithmeticError", "Exception"},
    {"FloatingPointError", "ArithmeticError"},
    {"OverflowError", "ArithmeticError"},
    {"ZeroDivisionError", "ArithmeticError"},
    {"AssertionError", "Exception"},
    {"AttributeError", "Exception"},
    {"BufferError", "Exception"},
    {"EOFError", "Exception"},
    {"ImportError", "Exception"},
    {"ModuleNotFoundError", "ImportError"},
    {"LookupError", "Exception"},
    {"IndexError", "LookupError"},
    {"KeyError", "LookupError"},
    {"MemoryError", "Exception"},
    {"NameError", "Exception"},
    {"UnboundLocalError", "NameError"},
    {"OSError", "Exception"},
    {"FileExistsError", "OSError"},
    {"FileNotFoundError", "OSError"},
    {"PermissionError", "OSError"},
    {"TimeoutError", "OSError"},
    {"ConnectionError", "OSError"},
    {"ReferenceError", "Exception"},
    {"RuntimeError", "Exception"},
    {"NotImplementedError", "RuntimeError"},
    {"RecursionError", "RuntimeError"},
    {"StopIteration", "Exception"},
    {"StopAsyncIteration", "Exception"},
    {"SyntaxError", "Exception"},
    {"IndentationError", "SyntaxError"},
    {"SystemError", "Exception"},
    {"TypeError", "Exception"},
    {"ValueError", "Exception"},
    {"UnicodeError", "ValueError"},
    {"UnicodeDecodeError", "UnicodeError"},
    {"UnicodeEncodeError", "UnicodeError"},
    {"Warning", "Exception"},
    {"BytesWarning", "Warning"},
    {"DeprecationWarning", "Warning"},
    {"FutureWarning", "Warning"},
    {"ImportWarning", "Warning"},
    {"PendingDeprecationWarning", "Warning"},
    {"ResourceWarning", "Warning"},
    {"RuntimeWarning", "Warning"},
    {"SyntaxWarning", "Warning"},
    {"UnicodeWarning", "Warning"},
    {"UserWarning", "Warning"},
};

const std::vector<Value>& args_of(const Value& exception) {
  static const std::vector<Value> kNone;
  const Value* args = exception.try_as<PyException>()->attributes.find("args");
  return args != nullptr && args->is_tuple() ? args->as_tuple() : kNone;
}

std::string text_of(Interpreter& in, const Value& exception) {
  const auto& args = args_of(exception);
  if (args.empty()) return "";
  if (args.size() == 2 && in.matches(exception, in.exception_class("OSError")))
    return "[Errno " + in.str(args[0]) + "] " + in.str(args[1]);
  // KeyError shows its key as it is written, not as it prints.
  if (args.size() == 1 && in.matches(exception, in.exception_class("KeyError"))) return in.repr(args.at(0));
  return args.size() == 1 ? in.str(args.at(0)) : in.repr(Value::tuple(args));
}

/// Every line but the first indented by two blanks.
std::string indented(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "  ";
  }
  return out;
}

std::string trace_text(const std::vector<TraceLine>& innermost_first) {
  constexpr std::size_t kShown = 8;  // at either end of a long chain
  std::string out;
  const std::size_t count = innermost_first.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (count > 2 * kShown + 1 && i == kShown) {
      out += "\n  ... " + std::to_string(count - 2 * kShown) + " more calls";
      i = count - kShown;
    }
    const TraceLine& line = innermost_first[count - 1 - i];
    if (!line.source) continue;
    out += "\n  " + escape(line.source->name()) + ":" + std::to_string(line.source->shown_line(line.span.line)) +
           ": in " + line.name;
    if (i + 1 != count) continue;
    std::string code(line.source->line(line.span.line));
    code.erase(0, code.find_first_not_of(" \t"));
    std::string shown = escape(code, 160);
    for (std::size_t at = shown.find("\\'"); at != std::string::npos; at = shown.find("\\'", at)) shown.erase(at, 1);
    if (!code.empty()) out += "\n      " + shown;
  }
  return out;
}

}  // namespace

void install_exceptions(Interpreter& in) {
  in.types.base_exception = in.native_class("BaseException", {in.types.object}, "", Layout::exception);
  in.builtins->globals.set("BaseException", in.types.base_exception);
  for (const ExceptionRow& row : kExceptions)
    in.builtins->globals.set(row.name, in.native_class(row.name, {in.exception_class(row.base)}, ""));
  for (const char* alias : {"IOError", "EnvironmentError"})
    in.builtins->globals.set(alias, in.exception_class("OSError"));
  in.types.exception = in.exception_class("Exception");

  const PyClassPtr base = in.types.base_exception;
  base->dict.set("__new__", in.native("builtins.BaseException.__new__", [&in](const CallArgs& args, const Kwargs&) {
    const Value instance = in.allocate(class_argument(in, args, in.types.base_exception));
    instance.try_as<PyException>()->attributes.set("args", Value::tuple(args.from(1)));
    return instance;
  }));
  in.method(base, "__init__", [](const CallArgs& args, const Kwargs&) {
    args.at(0).try_as<PyException>()->attributes.set("args", Value::tuple(args.from(1)));
    return Value();
  });
  in.method(base, "__str__", [&in](const CallArgs& args, const Kwargs&) -> Value { return text_of(in, args.at(0)); });
  in.method(base, "__repr__", [&in](const CallArgs& args, const Kwargs&) -> Value {
    const auto& items = args_of(args.at(0));
    std::string text = in.type_of(args.at(0))->name + "(";
    for (std::size_t i = 0; i < items.size(); ++i) text += (i ? ", " : "") + in.repr(items[i]);
    return text + ")";
  });
  in.method(base, "with_traceback", [](const CallArgs& args, const Kwargs&) { return args.at(0); });
  for (const char* name : {"__cause__", "__context__", "__traceback__"}) base->dict.set(name, Value());
  base->dict.set("__suppress_context__", false);
  in.property(in.exception_class("StopIteration"), "value", [](const Value& self) {
    const auto& items = args_of(self);
    return items.empty() ? Value() : items.front();
  });
}

PyClassPtr Interpreter::exception_class(std::string_view name) {
  const Value* value = builtins->globals.find(name);
  return value != nullptr ? value->try_as<PyClass>() : types.exception;
}

Value Interpreter::make_exception(std::string_view type, const std::string& text) {
  const Value exception = allocate(exception_class(type));
  exception.try_as<PyException>()->attributes.set("args", Value::tuple(text.empty() ? Args{} : Args{text}));
  return exception;
}

void Interpreter::raise(std::string_view type, const std::string& text, const std::string& help) {
  const Value exception = make_exception(type, text);
  exception.try_as<PyException>()->help = help;
  throw Raised{exception, {}};
}

void Interpreter::raise_value(const Value& exception) { throw Raised{exception, {}}; }

bool Interpreter::matches(const Value& exception, const Value& type) {
  if (type.is_tuple())
    return std::any_of(type.as_tuple().begin(), type.as_tuple().end(),
                       [&](const Value& one) { return matches(exception, one); });
  const auto cls = type.try_as<PyClass>();
  if (cls) return type_of(exception)->is_subclass_of(*cls);
  if (type.try_as<Opaque>()) return false;
  raise("TypeError", "catching classes that do not inherit from BaseException is not allowed");
}

Raised Interpreter::to_python(const Error& error) {
  const std::string& message = error.message();
  const std::size_t colon = message.find(": ");
  const std::string type = colon == std::string::npos ? "" : message.substr(0, colon);
  const Value* known = type.empty() ? nullptr : builtins->globals.find(type);
  const auto cls = known != nullptr ? known->try_as<PyClass>() : nullptr;
  if (cls && cls->is_subclass_of(*types.base_exception)) return {make_exception(type, message.substr(colon + 2)), {}};
  return {make_exception("RuntimeError", message), {}};
}

void Interpreter::with_trace(const Frame& f, const std::function<void()>& body) {
  try {
    body();
  } catch (Raised& raised) {
    raised.trace.push_back(trace_line(f));
    throw;
  } catch (const NeedsValues&) {
    throw;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::model) throw;
    Raised raised = to_python(error);
    raised.trace.push_back(trace_line(f));
    throw raised;
  }
}

void Interpreter::over_limit(const std::string& sentence, const char* flag) const {
  std::vector<TraceLine> lines;
  for (const Frame* f = frame; f != nullptr; f = f->back) lines.push_back(trace_line(*f));
  throw Error(ErrorKind::cap, sentence + trace_text(lines) + "\n  help: raise the limit with " + flag + " N");
}

TraceLine Interpreter::trace_line(const Frame& f) const {
  TraceLine line;
  line.source = f.module ? f.module->source : nullptr;
  if (f.source) line.source = f.source;
  if (f.at != nullptr) line.span = *f.at;
  line.name = f.name;
  return line;
}

Error Interpreter::to_error(const Raised& raised) {
  std::string text;
  try {
    text = str(raised.exception);
  } catch (const Raised&) {
    text = "<its text cannot be computed>";
  }
  const auto exception = raised.exception.try_as<PyException>();
  std::string message = type_of(raised.exception)->name;
  if (!text.empty()) message += ": " + indented(text);
  message += trace_text(raised.trace);
  if (exception) message += exception->help;
  return {ErrorKind::model, message};
}

void Interpreter::needs_values(const std::string& what) {
  std::string place = frame != nullptr ? where(*frame) : "";
  throw NeedsValues(ErrorKind::model,
                    (place.empty() ? "" : place + ": ") + what + " reads a value that has not been computed");
}

void Interpreter::opaque_used(const Opaque& opaque) {
  const std::size_t end = std::min(opaque.why.find('\n'), opaque.why.size());
  raise("ImportError", quote(opaque.import_name) + " is needed, but " + opaque.why.substr(0, end),
        opaque.why.substr(end));
}

std::string Interpreter::where(const Frame& f) const {
  const TraceLine line = trace_line(f);
  return line.source ? line.source->name() + ":" + std::to_string(line.source->shown_line(line.span.line)) : "";
}

}  // namespace scriptc::python
