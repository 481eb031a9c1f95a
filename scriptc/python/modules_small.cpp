#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "scriptc/model/text.h"
#include "scriptc/python/arguments.h"
#include "scriptc/python/numbers.h"
#include "scriptc/python/typing_forms.h"

namespace scriptc::python {
namespace {

using Unary = double (*)(double);

Value to_whole(Interpreter& in, const Value& value, Unary rounding, const char* special) {
  if (const auto own = in.plain(value).try_as<PyInstance>() ? in.call_special(value, special) : std::nullopt)
    return *own;
  const Value& plain = in.plain(value);
  if (plain.is_int() || plain.is_bool()) return int_of(plain);
  const double number = rounding(in.to_double(value));
  if (std::isnan(number)) in.raise("ValueError", "cannot convert float NaN to integer");
  if (std::isinf(number)) in.raise("OverflowError", "cannot convert float infinity to integer");
  if (std::fabs(number) >= 9.2e18) in.raise("OverflowError", "int result does not fit in 64 bits");
  return static_cast<std::int64_t>(number);
}

Value checked(Interpreter& in, double argument, double result) {
  if (std::isnan(result) && !std::isnan(argument)) in.raise("ValueError", "math domain error");
  if (std::isinf(result) && std::isfinite(argument)) in.raise("OverflowError", "math range error");
  return result;
}

double logarithm(Interpreter& in, const Value& value, Unary log) {
  const double x = in.to_double(value);
  if (x <= 0) in.raise("ValueError", "math domain error");
  return log(x);
}

void install_float_functions(Interpreter& in, PyModule& math) {
  const std::pair<const char*, Unary> functions[] = {
      {"sqrt", std::sqrt}, {"exp", std::exp},   {"expm1", std::expm1},  {"sin", std::sin},       {"cos", std::cos},
      {"tan", std::tan},   {"asin", std::asin}, {"acos", std::acos},    {"atan", std::atan},     {"sinh", std::sinh},
      {"cosh", std::cosh}, {"tanh", std::tanh}, {"asinh", std::asinh},  {"acosh", std::acosh},   {"atanh", std::atanh},
      {"erf", std::erf},   {"erfc", std::erfc}, {"gamma", std::tgamma}, {"lgamma", std::lgamma}, {"log1p", std::log1p},
      {"fabs", std::fabs}, {"cbrt", std::cbrt}, {"exp2", std::exp2}};
  for (const auto& [name, fn] : functions)
    in.function(math, name, [&in, fn = fn](const CallArgs& args, const Kwargs&) {
      const double x = in.to_double(args.at(0));
      return checked(in, x, fn(x));
    });
  in.function(math, "radians",
              [&in](const CallArgs& args, const Kwargs&) -> Value { return in.to_double(args.at(0)) * (M_PI / 180); });
  in.function(math, "degrees",
              [&in](const CallArgs& args, const Kwargs&) -> Value { return in.to_double(args.at(0)) * (180 / M_PI); });
  const std::pair<const char*, double (*)(double, double)> pairs[] = {
      {"atan2", std::atan2}, {"copysign", std::copysign}, {"fmod", std::fmod}, {"nextafter", std::nextafter}};
  for (const auto& [name, fn] : pairs)
    in.function(math, name, [&in, fn = fn](const CallArgs& args, const Kwargs&) {
      return checked(in, in.to_double(args.at(0)), fn(in.to_double(args[0]), in.to_double(args.at(1))));
    });
  in.function(math, "pow", [&in](const CallArgs& args, const Kwargs&) -> Value {
    const double x = in.to_double(args.at(0)), y = in.to_double(args.at(1));
    if (x == 0 && y < 0) in.raise("ValueError", "math domain error");
    return checked(in, x, std::pow(x, y));
  });
  in.function(math, "hypot", [&in](const CallArgs& args, const Kwargs&) -> Value {
    double total = 0;
    for (const Value& arg : args) total = std::hypot(total, in.to_double(arg));
    return total;
  });
  in.function(math, "log", [&in](const CallArgs& args, const Kwargs&) -> Value {
    const double x = logarithm(in, args.at(0), std::log);
    return args.size() > 1 ? x / logarithm(in, args[1], std::log) : x;
  });
  in.function(math, "log2",
              [&in](const CallArgs& args, const Kwargs&) -> Value { return logarithm(in, args.at(0), std::log2); });
  in.function(math, "log10",
              [&in](const CallArgs& args, const Kwargs&) -> Value { return logarithm(in, args.at(0), std::log10); });
  in.function(math, "remainder", [&in](const CallArgs& args, const Kwargs&) {
    return checked(in, in.to_double(args.at(0)), std::remainder(in.to_double(args[0]), in.to_double(args.at(1))));
  });
  in.function(math, "ldexp", [&in](const CallArgs& args, const Kwargs&) {
    const auto exponent = std::clamp<std::int64_t>(in.index(args.at(1)), -100'000, 100'000);
    return checked(in, in.to_double(args.at(0)), std::ldexp(in.to_double(args[0]), static_cast<int>(exponent)));
  });
  in.function(math, "ulp", [&in](const CallArgs& args, const Kwargs&) -> Value {
    const double x = std::fabs(in.to_double(args.at(0)));
    const double above = std::nextafter(x, std::numeric_limits<double>::infinity());
    return std::isinf(above) && std::isfinite(x) ? x - std::nextafter(x, 0) : std::isinf(x) ? x : above - x;
  });
  in.function(math, "modf", [&in](const CallArgs& args, const Kwargs&) {
    double whole = 0;
    const double part = std::modf(in.to_double(args.at(0)), &whole);
    return Value::tuple({part, whole});
  });
  in.function(math, "frexp", [&in](const CallArgs& args, const Kwargs&) {
    int exponent = 0;
    const double x = in.to_double(args.at(0)), mantissa = std::frexp(x, &exponent);
    return Value::tuple({mantissa, std::isfinite(x) ? exponent : 0});
  });
  in.function(math, "dist", [&in](const CallArgs& args, const Kwargs&) -> Value {
    const std::vector<Value> from = in.to_vector(args.at(0)), to = in.to_vector(args.at(1));
    if (from.size() != to.size()) in.raise("ValueError", "both points must have the same number of dimensions");
    double total = 0;
    for (std::size_t i = 0; i < from.size(); ++i)
      total = std::hypot(total, in.to_double(from[i]) - in.to_double(to[i]));
    return total;
  });
  const auto test = [&](const char* name, bool (*holds)(double)) {
    in.function(math, name,
                [&in, holds](const CallArgs& args, const Kwargs&) -> Value { return holds(in.to_double(args.at(0))); });
  };
  test("isnan", [](double x) { return std::isnan(x); });
  test("isinf", [](double x) { return std::isinf(x); });
  test("isfinite", [](double x) { return std::isfinite(x); });
}

/// The sum of doubles, rounded once: kept as parts that do not overlap, the smallest first.
double exact_sum(Interpreter& in, const std::vector<Value>& items) {
  std::vector<double> parts;
  for (const Value& item : items) {
    double x = in.to_double(item);
    std::size_t kept = 0;
    for (double part : parts) {
      if (std::fabs(x) < std::fabs(part)) std::swap(x, part);
      const double sum = x + part, lost = part - (sum - x);
      if (lost != 0) parts[kept++] = lost;
      x = sum;
    }
    parts.resize(kept);
    parts.push_back(x);
  }
  long double total = 0;
  for (const double part : parts) total += part;
  return static_cast<double>(total);
}

void install_whole_functions(Interpreter& in, PyModule& math) {
  in.function(math, "ceil",
              [&in](const CallArgs& args, const Kwargs&) { return to_whole(in, args.at(0), std::ceil, "__ceil__"); });
  in.function(math, "floor",
              [&in](const CallArgs& args, const Kwargs&) { return to_whole(in, args.at(0), std::floor, "__floor__"); });
  in.function(math, "trunc",
              [&in](const CallArgs& args, const Kwargs&) { return to_whole(in, args.at(0), std::trunc, "__trunc__"); });
  in.function(math, "isqrt", [&in](const CallArgs& args, const Kwargs&) -> Value {
    const std::int64_t n = in.index(args.at(0));
    if (n < 0) in.raise("ValueError", "isqrt() argument must be nonnegative");
    auto root = static_cast<std::int64_t>(std::sqrt(static_cast<double>(n)));
    while (root > n / std::max<std::int64_t>(root, 1)) --root;
    while (root + 1 <= n / (root + 1)) ++root;
    return root;
  });
  in.function(math, "gcd", [&in](const CallArgs& args, const Kwargs&) -> Value {
    std::int64_t result = 0;
    for (const Value& arg : args) result = std::gcd(result, in.index(arg));
    return result;
  });
  in.function(math, "lcm", [&in](const CallArgs& args, const Kwargs&) -> Value {
    Value result = 1;
    for (const Value& arg : args) {
      const std::int64_t n = std::llabs(in.index(arg));
      if (n == 0) return 0;
      result = number_binary(in, BinaryOperator::Mult, result, n / std::gcd(result.as_int(), n));
    }
    return result;
  });
  in.function(math, "factorial", [&in](const CallArgs& args, const Kwargs&) {
    const std::int64_t n = in.index(args.at(0));
    if (n < 0) in.raise("ValueError", "factorial() not defined for negative values");
    Value result = 1;
    for (std::int64_t i = 2; i <= n; ++i) result = number_binary(in, BinaryOperator::Mult, result, i);
    return result;
  });
  in.function(math, "comb", [&in](const CallArgs& args, const Kwargs&) {
    const std::int64_t n = in.index(args.at(0)), k = in.index(args.at(1));
    Value result = k <= n ? 1 : 0;
    for (std::int64_t i = 1; i <= std::min(k, n - k); ++i)
      result =
          number_binary(in, BinaryOperator::FloorDiv, number_binary(in, BinaryOperator::Mult, result, n - i + 1), i);
    return result;
  });
  in.function(math, "perm", [&in](const CallArgs& args, const Kwargs&) {
    const std::int64_t n = in.index(args.at(0)), k = args.size() > 1 && !args[1].is_none() ? in.index(args[1]) : n;
    Value result = k <= n ? 1 : 0;
    for (std::int64_t i = 0; i < std::min(k, n); ++i) result = number_binary(in, BinaryOperator::Mult, result, n - i);
    return result;
  });
  in.function(math, "prod", [&in](const CallArgs& args, const Kwargs& kwargs) {
    Value total = kwargs.empty() ? Value(1) : kwargs[0].second;
    for (const Value& item : in.to_vector(args.at(0))) total = in.binary(BinaryOperator::Mult, total, item);
    return total;
  });
  in.function(math, "fsum",
              [&in](const CallArgs& args, const Kwargs&) -> Value { return exact_sum(in, in.to_vector(args.at(0))); });
  in.function(math, "isclose", [&in](const CallArgs& args, const Kwargs& kwargs) -> Value {
    const NativeArguments a(in, "isclose", args, kwargs, {"a", "b", "rel_tol", "abs_tol"}, 2);
    const double x = in.to_double(a[0]), y = in.to_double(a[1]);
    const double relative = a.has(2) ? in.to_double(a[2]) : 1e-9, absolute = a.has(3) ? in.to_double(a[3]) : 0.0;
    return x == y || (std::isfinite(x) && std::isfinite(y) &&
                      std::fabs(x - y) <= std::max(relative * std::max(std::fabs(x), std::fabs(y)), absolute));
  });
}

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string folder_name(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : slash == 0 ? "/" : path.substr(0, slash);
}

/// Modules whose functions may be called and do nothing.
void install_quiet(Interpreter& in, const std::string& name, std::vector<std::string> functions,
                   std::vector<std::pair<std::string, Value>> constants = {}) {
  in.native_modules.emplace(name, [&in, functions, constants](PyModule& module) {
    for (const std::string& fn : functions)
      in.function(module, fn, [](const CallArgs&, const Kwargs&) { return Value(); });
    for (const auto& [constant, value] : constants) module.globals.set(constant, value);
  });
}

void install_logging(Interpreter& in) {
  in.native_modules.emplace("logging", [&in](PyModule& module) {
    const PyClassPtr logger = in.native_class("Logger", {in.types.object}, "logging");
    in.method(logger, "__init__", [](const CallArgs&, const Kwargs&) { return Value(); });
    for (const char* name : {"debug", "info", "warning", "warn", "error", "critical", "exception", "log", "setLevel",
                             "addHandler", "addFilter", "removeHandler"}) {
      in.method(logger, name, [](const CallArgs&, const Kwargs&) { return Value(); });
      in.function(module, name, [](const CallArgs&, const Kwargs&) { return Value(); });
    }
    in.method(logger, "isEnabledFor", [](const CallArgs&, const Kwargs&) -> Value { return false; });
    logger->dict.set("handlers", Value::list({}));
    logger->dict.set("level", 30);
    logger->dict.set("propagate", true);
    module.globals.set("Logger", logger);
    in.function(module, "getLogger", [&in, logger](const CallArgs& args, const Kwargs&) {
      const Value made = in.call(logger, {});
      in.set_attribute(made, "name", args.empty() || args[0].is_none() ? Value("root") : args[0]);
      return made;
    });
    in.function(module, "basicConfig", [](const CallArgs&, const Kwargs&) { return Value(); });
    for (const char* name : {"StreamHandler", "NullHandler", "Formatter", "Handler"})
      module.globals.set(name, in.make_opaque(std::string("logging.") + name, "logging is quiet"));
    const std::pair<const char*, int> levels[] = {{"DEBUG", 10}, {"INFO", 20},     {"WARNING", 30}, {"WARN", 30},
                                                  {"ERROR", 40}, {"CRITICAL", 50}, {"NOTSET", 0}};
    for (const auto& [name, level] : levels) module.globals.set(name, level);
  });
}

void install_os(Interpreter& in) {
  in.native_modules.emplace("os.path", [&in](PyModule& module) {
    in.function(module, "join", [&in](const CallArgs& args, const Kwargs&) -> Value {
      std::string path;
      for (const Value& arg : args) {
        const std::string part = in.str(arg);
        path = part.starts_with("/") ? part : path.empty() || path.ends_with("/") ? path + part : path + "/" + part;
      }
      return path;
    });
    in.function(module, "basename",
                [&in](const CallArgs& args, const Kwargs&) -> Value { return base_name(in.str(args.at(0))); });
    in.function(module, "dirname",
                [&in](const CallArgs& args, const Kwargs&) -> Value { return folder_name(in.str(args.at(0))); });
    in.function(module, "splitext", [&in](const CallArgs& args, const Kwargs&) -> Value {
      const std::string path = in.str(args.at(0));
      const std::size_t dot = path.rfind('.');
      const bool has = dot != std::string::npos && dot > path.rfind('/') + 1 && dot != 0;
      return Value::tuple({has ? path.substr(0, dot) : path, has ? path.substr(dot) : ""});
    });
    for (const char* same : {"abspath", "realpath", "normpath", "expanduser"})
      in.function(module, same, [](const CallArgs& args, const Kwargs&) { return args.at(0); });
    module.globals.set("sep", "/");
    module.missing = [&in](const std::string& name) -> std::optional<Value> {
      return in.make_opaque("os.path." + name, "constructors have no access to files");
    };
  });
  in.native_modules.emplace("os", [&in](PyModule& module) {
    module.is_package = true;
    module.globals.set("sep", "/");
    module.globals.set("linesep", "\n");
    module.globals.set("name", "posix");
    module.globals.set("environ", Value::dict());
    in.function(module, "getenv",
                [](const CallArgs& args, const Kwargs&) { return args.size() > 1 ? args[1] : Value(); });
    in.function(module, "fspath", [](const CallArgs& args, const Kwargs&) { return args.at(0); });
    module.missing = [&in](const std::string& name) -> std::optional<Value> {
      return in.make_opaque("os." + name, "constructors have no access to files, processes or the environment");
    };
  });
}

void install_sys(Interpreter& in) {
  in.native_modules.emplace("sys", [&in](PyModule& module) {
    const auto record = [&](const std::string& name, const std::vector<std::string>& fields,
                            const std::vector<Value>& values) {
      const PyClassPtr cls = in.native_class("sys." + name, {in.types.tuple}, "");
      install_named_tuple(in, cls, fields, {});
      module.globals.set(name, in.call(cls, values));
    };
    record("version_info", {"major", "minor", "micro", "releaselevel", "serial"}, {3, 11, 0, "final", 0});
    using Double = std::numeric_limits<double>;
    record("float_info", {"max", "min", "epsilon", "dig", "mant_dig"},
           {Double::max(), Double::min(), Double::epsilon(), Double::digits10, Double::digits});
    module.globals.set("version", "3.11.0");
    module.globals.set("platform", "linux");
    module.globals.set("maxsize", INT64_MAX);
    module.globals.set("byteorder", "little");
    module.globals.set("argv", Value::list({""}));
    module.globals.set("path", Value::list({}));
    auto view = std::make_shared<NameView>();
    view->names = [&in] {
      std::vector<std::string> names;
      for (const auto& [name, loaded] : in.modules) names.push_back(name);
      return names;
    };
    view->find = [&in](const std::string& name) -> std::optional<Value> {
      const auto found = in.modules.find(name);
      return found == in.modules.end() ? std::nullopt : std::optional<Value>(found->second);
    };
    view->set = [](const std::string&, const Value&) {};
    view->erase = [](const std::string&) { return false; };
    module.globals.set("modules", view);
    in.function(module, "exc_info", [&in](const CallArgs&, const Kwargs&) {
      if (in.handling.empty()) return Value::tuple({Value(), Value(), Value()});
      const Value& exception = in.handling.back().exception;
      return Value::tuple({in.type_of(exception), exception, Value()});
    });
    for (const char* name : {"setrecursionlimit", "stdout", "stderr"})
      in.function(module, name, [](const CallArgs&, const Kwargs&) { return Value(); });
    in.function(module, "getrecursionlimit", [](const CallArgs&, const Kwargs&) -> Value { return 1000; });
    in.function(module, "getsizeof", [](const CallArgs&, const Kwargs&) -> Value { return 64; });
    in.function(module, "exit", [&in](const CallArgs&, const Kwargs&) -> Value { in.raise("SystemExit", ""); });
  });
}

void install_abc(Interpreter& in) {
  in.native_modules.emplace("abc", [&in](PyModule& module) {
    const PyClassPtr meta = in.native_class("ABCMeta", {in.types.type}, "abc", Layout::type);
    module.globals.set("ABCMeta", meta);
    const PyClassPtr abc = in.native_class("ABC", {in.types.object}, "abc");
    abc->metaclass = meta;
    module.globals.set("ABC", abc);
    in.method(meta, "register", [](const CallArgs& args, const Kwargs&) { return args.at(1); });
    in.method(meta, "__call__", [&in](const CallArgs& args, const Kwargs& kwargs) {
      const auto cls = args.at(0).try_as<PyClass>();
      std::vector<std::string> missing;
      for (const std::string& name : in.attribute_names(args[0]))
        if (const Value* value = cls->lookup(name))
          if (const auto fn = value->try_as<PyFunction>(); fn && fn->attributes.contains("__isabstractmethod__"))
            missing.push_back(name);
      std::sort(missing.begin(), missing.end());
      missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
      if (!missing.empty())
        in.raise("TypeError", "Can't instantiate abstract class " + cls->name + " with abstract method" +
                                  (missing.size() == 1 ? " " : "s ") + join(missing));
      return in.construct(cls, args.from(1), kwargs);
    });
    for (const char* name : {"abstractmethod", "abstractproperty", "abstractclassmethod", "abstractstaticmethod"})
      in.function(module, name, [](const CallArgs& args, const Kwargs&) {
        if (const auto fn = args.at(0).try_as<PyFunction>()) fn->attributes.set("__isabstractmethod__", true);
        return args[0];
      });
  });
}

}  // namespace

void install_math(Interpreter& in) {
  in.native_modules.emplace("math", [&in](PyModule& math) {
    install_float_functions(in, math);
    install_whole_functions(in, math);
    math.globals.set("pi", M_PI);
    math.globals.set("e", M_E);
    math.globals.set("tau", 2 * M_PI);
    math.globals.set("inf", std::numeric_limits<double>::infinity());
    math.globals.set("nan", std::numeric_limits<double>::quiet_NaN());
  });
}

void install_small_modules(Interpreter& in) {
  in.native_modules.emplace("__future__", [](PyModule& module) {
    module.missing = [](const std::string&) -> std::optional<Value> { return Value(true); };
  });
  in.native_modules.emplace("warnings", [&in](PyModule& module) {
    for (const char* name :
         {"warn", "warn_explicit", "filterwarnings", "simplefilter", "resetwarnings", "showwarning", "formatwarning"})
      in.function(module, name, [](const CallArgs&, const Kwargs&) { return Value(); });
    const PyClassPtr caught = in.native_class("catch_warnings", {in.types.object}, "warnings");
    in.method(caught, "__init__", [](const CallArgs&, const Kwargs&) { return Value(); });
    in.method(caught, "__enter__", [](const CallArgs&, const Kwargs&) { return Value::list({}); });
    in.method(caught, "__exit__", [](const CallArgs&, const Kwargs&) { return Value(); });
    module.globals.set("catch_warnings", caught);
  });
  install_quiet(in, "gc", {"collect", "disable", "enable"});
  in.native_modules.emplace("traceback", [&in](PyModule& module) {
    for (const char* name : {"format_exc", "format_exception_only"})
      in.function(module, name, [](const CallArgs&, const Kwargs&) -> Value { return std::string(); });
    for (const char* name : {"format_exception", "format_stack", "format_tb", "extract_stack"})
      in.function(module, name, [](const CallArgs&, const Kwargs&) { return Value::list({}); });
    for (const char* name : {"print_exc", "print_stack", "print_exception"})
      in.function(module, name, [](const CallArgs&, const Kwargs&) { return Value(); });
  });
  in.native_modules.emplace("time", [&in](PyModule& module) {
    in.function(module, "sleep", [](const CallArgs&, const Kwargs&) { return Value(); });
    module.missing = [&in](const std::string& name) -> std::optional<Value> {
      return in.make_opaque("time." + name, "constructors have no clock");
    };
  });
  install_logging(in);
  install_os(in);
  install_sys(in);
  install_abc(in);
  in.native_modules.emplace("numbers", [&in](PyModule& module) {
    for (const char* name : {"Number", "Real", "Integral", "Rational", "Complex"}) {
      auto form = std::make_shared<TypeForm>();
      form->origin = "Union";
      form->args = std::string(name) == "Integral" || std::string(name) == "Rational"
                       ? Args{in.types.integer}
                       : Args{in.types.integer, in.types.floating};
      module.globals.set(name, form);
    }
  });
  in.native_modules.emplace("types", [&in](PyModule& module) {
    const std::pair<const char*, PyClassPtr> kinds[] = {
        {"FunctionType", in.types.function}, {"LambdaType", in.types.function},
        {"MethodType", in.types.method},     {"BuiltinFunctionType", in.types.builtin},
        {"ModuleType", in.types.module},     {"GeneratorType", in.types.generator},
        {"NoneType", in.types.none}};
    for (const auto& [name, cls] : kinds) module.globals.set(name, cls);
    in.types.method->dict.set("__new__",
                              in.native("types.MethodType", [](const CallArgs& args, const Kwargs&) -> Value {
                                auto bound = std::make_shared<BoundMethod>();
                                bound->function = args.at(1);
                                bound->self = args.at(2);
                                return bound;
                              }));
    const PyClassPtr space = in.native_class("SimpleNamespace", {in.types.object}, "types");
    in.method(space, "__init__", [&in](const CallArgs& args, const Kwargs& kwargs) {
      for (const auto& [name, value] : kwargs) in.set_attribute(args.at(0), name, value);
      return Value();
    });
    in.method(space, "__repr__", [&in](const CallArgs& args, const Kwargs&) -> Value {
      std::vector<std::string> parts;
      for (const auto& [name, value] : *in.attributes_of(args.at(0))) parts.push_back(name + "=" + in.repr(value));
      return "namespace(" + join(parts) + ")";
    });
    in.method(space, "__eq__", [&in](const CallArgs& args, const Kwargs&) -> Value {
      if (in.type_of(args.at(0)) != in.type_of(args.at(1))) return in.not_implemented;
      return in.equals(in.get_attribute(args[0], "__dict__"), in.get_attribute(args[1], "__dict__"));
    });
    module.globals.set("SimpleNamespace", space);
  });
  install_quiet(in, "string", {},
                {{"ascii_lowercase", "abcdefghijklmnopqrstuvwxyz"},
                 {"ascii_uppercase", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
                 {"ascii_letters", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"},
                 {"digits", "0123456789"},
                 {"punctuation", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"}});
  in.native_modules.emplace("importlib", [&in](PyModule& module) {
    module.is_package = true;
    in.function(module, "import_module",
                [&in](const CallArgs& args, const Kwargs&) -> Value { return in.import_module(in.str(args.at(0))); });
  });
}

}  // namespace scriptc::python
